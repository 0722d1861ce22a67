//! Command lines that are refused in one line, before anything is asked of anybody.

use crate::command::run;
use crate::world::ANNA;

#[test]
fn what_cannot_be_asked_is_refused_in_one_line() {
    let long = format!("{}@example.test", "x".repeat(65));
    let cases: &[(&[&str], &str)] = &[
        (&[], "name the recipient"),
        (&[ANNA, "ben@example.test"], "one recipient at a time"),
        (&["anna@example.test,ben@example.test"], "more than one address"),
        (&["@example.test"], "nothing before the @"),
        (&["example.test"], "no mail address"),
        (&["<anna@example.test>"], "angle brackets"),
        (&["anna@example.test\r\nDATA"], "control character"),
        (&["anna b@example.test"], "only allowed in quotes"),
        (&[&long], "more than 64 bytes"),
        (&["anna@[192.0.2.1]"], "IP address"),
        (&[ANNA, "--from", "ben"], "the sender"),
        (&[ANNA, "--wait", "60s"], "no use for --wait"),
        (&[ANNA, "--retries", "3"], "no use for --retries"),
        (&["--targets", "list.txt"], "no use for --targets"),
        (&[ANNA, "--rate", "50/s"], "no use for --rate"),
        (&[ANNA, "--targets", "list.txt"], "no use for --targets"),
        (&[ANNA, "--config", "mailprobe.toml"], "no use for --config"),
        (&[ANNA, "--ports", "25"], "no use for --ports"),
        (&[ANNA, "--all-mx", "--server", "mx.example.test"], "cannot be used with"),
        (&[ANNA, "--server", "imaps://mx.example.test"], "takes mail"),
        (&[ANNA, "--server", "@example.test"], "no host"),
        (&[ANNA, "--login", "anna"], "name the server as well"),
        (&[ANNA, "--login", "anna", "--server", "mx.example.test"], "port 465 or 587"),
        (&[ANNA, "--password-stdin", "--server", "mx.example.test:587"], "name the user as well"),
    ];
    for (arguments, words) in cases {
        // Nothing may be looked up either: no name server is at this address.
        let outcome = run(&[&["rcpt"], *arguments, &["--dns-server", "127.0.0.1:9"]].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    for before in [&["--from", "mx", "rcpt", ANNA] as &[&str], &["anna@example.test", "rcpt"]] {
        let outcome = run(before);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (2, 1), "{before:?}: {}", outcome.stderr);
    }
}

#[test]
fn what_the_environment_says_of_other_commands_changes_nothing() {
    let mut command = crate::command::mailprobe(&["rcpt", ANNA, "--server", "127.0.0.1:9", "--timeout", "2s"]);
    let output = command.env("MAILPROBE_WAIT", "60s").env("MAILPROBE_RETRIES", "5").output().expect("it starts");
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn help_and_manual_say_what_it_does_and_never_does() {
    for arguments in [&["rcpt", "--help"] as &[&str], &["man", "rcpt"]] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, 0);
        let text = outcome.stdout.replace('\\', "");
        for word in ["--from", "--server", "--all-mx", "--accept-all-test", "--login", "Never DATA", "--timeout"] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
        assert!(!text.contains("--retries"), "{text}");
    }
}
