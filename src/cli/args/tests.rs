use std::time::Duration;

use super::*;
use crate::cli::values::duration;

fn parse_words(words: &[&str]) -> Result<Command, Refusal> {
    parse(std::iter::once("mailprobe").chain(words.iter().copied()).map(OsString::from))
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
}

#[test]
fn options_may_stand_before_and_after_a_subcommand() {
    for words in [["--format", "json", "ports"], ["ports", "--format", "json"]] {
        let Ok(Command::Ports(_, output)) = parse_words(&words) else { panic!("{words:?}") };
        assert_eq!(output.format, Format::Json);
    }
}

#[test]
fn a_host_named_like_a_subcommand_is_reached_after_two_dashes() {
    let Ok(Command::Probe(probe)) = parse_words(&["--", "ports"]) else { panic!() };
    assert_eq!(probe.check.targets.len(), 1);
}

/// What the words of a command line name, in its canonical form.
fn named(words: &[&str]) -> Vec<String> {
    match parse_words(words) {
        Ok(Command::Probe(probe)) => probe.check.targets.iter().map(ToString::to_string).collect(),
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn ports_are_taken_as_telnet_takes_them() {
    for (words, targets) in [
        (&["mail.example.org", "25"] as &[&str], &["mail.example.org:25"] as &[&str]),
        (&["mail.example.org", "25", "587"], &["mail.example.org:25", "mail.example.org:587"]),
        (&["telnet", "mail.example.org", "587"], &["mail.example.org:587"]),
        (&["nc", "192.0.2.5", "25"], &["192.0.2.5:25"]),
        // These programs' names may be those of hosts, too.
        (&["telnet"], &["telnet"]),
        (&["telnet", "25"], &["telnet:25"]),
        (&["nc", "mail.example.org"], &["nc", "mail.example.org"]),
        (&["mail.example.org", "telnet", "25"], &["mail.example.org", "telnet:25"]),
        (&["--", "telnet", "mail.example.org", "25"], &["telnet", "mail.example.org:25"]),
    ] {
        assert_eq!(named(words), targets, "{words:?}");
    }
}

#[test]
fn numbers_after_the_option_ports_are_ports() {
    for words in [
        &["--ports", "25", "465", "mail.example.org"] as &[&str],
        &["--ports", "25,", "465", "mail.example.org"],
        &["--ports", "25", "mail.example.org", "465"],
    ] {
        let Ok(Command::Probe(probe)) = parse_words(words) else { panic!("{words:?}") };
        let ports: Vec<u16> = probe.check.options.plan.ports.iter().flatten().map(|port| port.port).collect();
        assert_eq!(
            (ports.as_slice(), named(words)),
            (&[25, 465][..], vec!["mail.example.org".to_owned()]),
            "{words:?}"
        );
    }
}

#[test]
fn only_words_very_near_to_a_command_are_asked_about() {
    for word in ["prots", "Ports", "explian", "blcoked", "provider", "completion"] {
        let Err(Refusal::Usage(said)) = parse_words(&[word]) else { panic!("{word}") };
        assert!(said.contains("did you mean `mailprobe ") && said.contains(&format!("-- {word}")), "{said}");
        assert_eq!(named(&["--", word]), [word.to_lowercase()]);
    }
    for host in ["localhost", "mail", "main", "mx", "port1", "ports.example", "explain.example.org", "man1", "block"] {
        assert_eq!(named(&[host]), [host]);
    }
}

#[test]
fn names_of_values_may_be_in_capitals() {
    let Ok(Command::Probe(probe)) =
        parse_words(&["--format", "JSON", "--addresses", "Any", "--expect", "587=STARTTLS", "h"])
    else {
        panic!()
    };
    assert_eq!(probe.output.format, Format::Json);
    assert_eq!(probe.check.policy.addresses, crate::policy::Addresses::Any);
}

#[test]
fn durations_are_written_with_units() {
    for (text, millis) in [("5s", 5000), ("250ms", 250), ("1m30s", 90_000)] {
        assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
    }
    for wrong in ["5", "", "-5s", "0s", "s", "5 parsecs", "99999999h"] {
        assert!(duration(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_commands_are_those_that_clap_knows() {
    let known: Vec<String> = command().get_subcommands().map(|one| one.get_name().to_owned()).collect();
    assert_eq!(known, COMMANDS);
}
