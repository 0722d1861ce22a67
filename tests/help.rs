//! Help that fits a screen and is true, the pages that it names, and what completion offers.
#![cfg(feature = "cli")]

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use command::run;

const COMMANDS: &[&str] = &[
    "blocked",
    "rcpt",
    #[cfg(feature = "serve")]
    "serve",
    "ports",
    "providers",
    "explain",
    "completions",
    "man",
];

/// What a command prints that cannot fail.
fn printed(arguments: &[&str]) -> String {
    let outcome = run(arguments);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
    let is_for_people = !["man", "completions"].contains(&arguments[0]) && !arguments.contains(&"json");
    for line in outcome.stdout.lines().filter(|_| is_for_people || arguments.contains(&"--help")) {
        assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
    }
    outcome.stdout
}

/// The text as one line: where it is broken does not matter.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The long options that a help lists, each with the name of its value.
fn options(help: &str) -> BTreeMap<String, Option<String>> {
    let mut options = BTreeMap::new();
    for line in help.lines().filter(|line| line.starts_with("  ") && line.trim_start().starts_with('-')) {
        let word = line.split_whitespace().find(|word| word.starts_with("--")).expect("a long option");
        let name = word.split("[=").next().unwrap_or_default();
        let value = line.split_once(&format!("{name} <")).and_then(|(_, rest)| rest.split('>').next());
        options.insert(name.to_owned(), value.map(str::to_owned));
    }
    options
}

#[test]
fn the_short_help_fits_a_screen_and_leads_to_the_full_one() {
    let help = printed(&["-h"]);
    assert!(help.lines().count() <= 24, "{} lines\n{help}", help.lines().count());
    assert!(help.contains("Usage: mailprobe [OPTIONS] <TARGET>..."), "{help}");
    let examples = help.lines().filter(|line| line.starts_with("  mailprobe ")).count();
    assert_eq!(examples, 3, "{help}");
    assert!((6..=10).contains(&options(&help).len()), "{help}");
    assert_eq!(help.lines().last(), Some("mailprobe --help tells everything"));
    for command in COMMANDS {
        assert!(help.contains(command), "{command} is not in {help}");
    }
    assert_eq!(help.contains("serve,"), cfg!(feature = "serve"), "{help}");
}

#[test]
fn the_full_help_has_everything_and_ends_with_examples() {
    let (brief, full) = (printed(&["-h"]), printed(&["--help"]));
    let listed = options(&full);
    assert!(listed.len() > 35, "{listed:?}");
    for option in options(&brief).keys() {
        assert!(listed.contains_key(option), "{option} is only in the short help");
    }
    for part in
        ["Usage:", "What to check:", "Expectations:", "Connection:", "Time:", "Many targets:", "Output:", "Exit codes:"]
    {
        assert!(full.contains(part), "{part} is not in {full}");
    }
    for command in COMMANDS {
        assert!(full.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{command}");
    }
    let last = full.rsplit("\n\n").next().unwrap_or_default();
    assert!(last.starts_with("Examples:"), "{last}");
    assert!(flowing(&full).contains("`mailprobe explain config` describes it"));
}

/// A value that an option of this kind takes.
fn value_of(kind: &str) -> &'static str {
    match kind {
        "TIME" => "5s",
        "PORT=WHAT" => "25=ok",
        "FORMAT=PATH" => "json=x.json",
        "K/N" => "0/4",
        "RATE" => "50/s",
        "VERSION" => "1.3",
        "SOURCES" => "mx",
        "HOW" => "starttls",
        "WHICH" => "any",
        "STORE" => "system",
        "LEVEL" => "debug",
        "IP[:PORT]" => "192.0.2.1",
        "PORTS" => "25",
        "NAME" => "PLAIN",
        "FORMAT" => "json",
        "WHEN" => "never",
        _ => "1",
    }
}

#[test]
fn the_help_of_a_command_lists_what_it_takes_and_the_rest_is_refused() {
    let all = options(&printed(&["--help"]));
    for &command in COMMANDS {
        let help = printed(&[command, "--help"]);
        assert_eq!(help, printed(&[command, "-h"]));
        let taken = options(&help);
        let own = |option: &str| match command {
            "blocked" => ["--reference", "--submission-host", "--request"].contains(&option),
            "serve" => {
                ["--listen", "--web-config", "--web-host", "--state", "--allow", "--max-checks"].contains(&option)
            }
            "rcpt" => ["--server", "--all-mx", "--accept-all-test"].contains(&option),
            _ => false,
        };
        for (option, value) in &all {
            if taken.contains_key(option) || option == "--version" {
                continue;
            }
            let value = value.as_deref().map(value_of);
            let option: &[&str] = &[&[option.as_str()], value.as_slice()].concat();
            let argument: &[&str] = if command == "completions" { &["bash"] } else { &[] };
            for line in [[option, &[command], argument].concat(), [&[command], argument, option].concat()] {
                let outcome = run(&line);
                assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{line:?}: {}", outcome.stderr);
                assert_eq!(outcome.stderr.lines().count(), 1, "{line:?}: {}", outcome.stderr);
                assert!(outcome.stderr.contains(option[0]), "{line:?}: {}", outcome.stderr);
            }
        }
        assert!(taken.keys().all(|option| all.contains_key(option) || own(option)), "{command}: {taken:?}");
    }
    for foreign in ["--expect", "--config", "--targets", "--ports", "--wait", "--output"] {
        assert!(!printed(&["blocked", "--help"]).contains(foreign), "{foreign}");
    }
    assert_eq!(options(&printed(&["man", "--help"])).len(), 1);
    assert_eq!(options(&printed(&["ports", "--help"])).len(), 3);
}

#[test]
fn what_a_command_takes_may_stand_on_either_side_of_it() {
    for line in [&["--format", "json", "explain", "ok"][..], &["explain", "ok", "--format", "json"]] {
        assert!(printed(line).starts_with('{'), "{line:?}");
    }
    for line in [["--ca-file", "no-such-file.pem", "blocked"], ["blocked", "--ca-file", "no-such-file.pem"]] {
        let outcome = run(&line);
        assert_eq!(outcome.code, 2);
        assert!(outcome.stderr.contains("cannot read the CA file"), "{line:?}: {}", outcome.stderr);
    }
    // What the environment says stands for other commands, too.
    let outcome = command::mailprobe(&["ports"]).env("MAILPROBE_FORMAT", "github").output().expect("it starts");
    assert!(outcome.status.success());
    let outcome = command::mailprobe(&["ports"]).env("MAILPROBE_FORMAT", "json").output().expect("it starts");
    assert!(outcome.stdout.starts_with(b"{"));
    assert!(run(&["ports", "--format", "jsonl"]).stdout.starts_with('{'));
    let wrong = run(&["ports", "--format", "junit"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("human or json"), "{}", wrong.stderr);
}

#[test]
fn every_page_that_a_manual_page_names_can_be_had() {
    let main = printed(&["man"]);
    assert_eq!(main, printed(&["man", "mailprobe"]));
    let folder = tempfile::tempdir().expect("a folder");
    for page in COMMANDS.iter().copied().chain(["config"]) {
        let text = printed(&["man", page]);
        let title = if page == "config" { "mailprobe.toml(5)".to_owned() } else { format!("mailprobe\\-{page}(1)") };
        for other in [&main, &printed(&["man", "man"])] {
            assert!(page == "man" || other.contains(&title), "{title} is not named");
        }
        assert_eq!(text, printed(&["man", title.split('(').next().unwrap_or_default().replace('\\', "").as_str()]));
        for part in [".SH NAME", "SEE ALSO", "mailprobe(1)", "mailprobe man"] {
            assert!(text.contains(part), "{part} is not in the page of {page}");
        }
        if is_there("groff") {
            let file = folder.path().join(page);
            fs::write(&file, &text).expect("a file");
            let output =
                Command::new("groff").args(["-man", "-Tascii", "-ww", "-z"]).arg(&file).output().expect("it starts");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{page}");
        }
    }
    let blocked = printed(&["man", "blocked"]);
    for option in ["\\-\\-reference", "\\-\\-submission\\-host", "\\-\\-request", "mailprobe blocked \\-\\-request"] {
        assert!(blocked.contains(option), "{option} is not in {blocked}");
    }
    assert!(!blocked.contains("\\-\\-expect"), "{blocked}");
    assert!(main.contains("mailprobe.toml(5)") && main.contains("mailprobe explain config"), "{main}");
    assert_eq!(run(&["man", "nonsense"]).code, 2);
}

#[test]
fn the_configuration_file_is_described_with_an_example_that_works() {
    let page = printed(&["explain", "config"]);
    let (rest, example) = page.split_once("\nExample\n").expect("an example");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mailprobe.toml");
    let (_, service) = rest.split_once("\nExample for mailprobe serve\n").expect("an example");
    if cfg!(feature = "serve") {
        fs::write(&file, service).expect("a file");
        let plan = printed(&["serve", "--config", file.to_str().expect("a name"), "--dry-run"]);
        for part in ["Module mx", "Every 1m, by the module mx:\nmx.example.org\n", "sent to hooks.example.org"] {
            assert!(plan.contains(part), "{part:?} is not in {plan}");
        }
    }
    fs::write(&file, example).expect("a file");
    let plan = printed(&["--config", file.to_str().expect("a name"), "--dry-run"]);
    for part in ["mail.example.org", "mail.example.net", "143"] {
        assert!(plan.contains(part), "{part} is not in {plan}");
    }
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schema/config-v1.json")).expect("JSON");
    let manual = printed(&["man", "config"]).replace("\\-", "-");
    for table in ["CheckTable", "ModuleTable", "TargetTable", "WebhookTable"] {
        let keys = schema["$defs"][table]["properties"].as_object().expect("keys");
        for key in keys.keys() {
            assert!(page.contains(&format!("  {key} (")), "{key} is not in {page}");
            assert!(manual.contains(&format!("{key} (")), "{key} is not in {manual}");
        }
    }
    for table in ["[[check]]", "[defaults]", "[modules.NAME]", "[[targets]]", "[webhook]", "allow (a list)"] {
        assert!(manual.contains(table) && page.contains(table), "{table} is not in {manual}");
    }
}

/// What a shell offers for the last word of a line.
fn completed_by_bash(words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <('{}' completions bash); COMP_WORDS=({}); COMP_CWORD={}; \
         _mailprobe mailprobe '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        env!("CARGO_BIN_EXE_mailprobe"),
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = Command::new("bash").args(["-c", &script]).output().expect("bash starts");
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn completion_offers_names_and_still_takes_any_text() {
    if is_there("bash") {
        let offered = completed_by_bash(&["mailprobe", "explain", "conn"]);
        for name in ["connection-refused", "connection-timeout", "connect-failed"] {
            assert!(offered.iter().any(|word| word == name), "{name} is not among {offered:?}");
        }
        assert_eq!(completed_by_bash(&["mailprobe", "providers", "gm"])[0], "gmail");
        assert_eq!(completed_by_bash(&["mailprobe", "ports", "4"]), ["465"]);
        assert_eq!(completed_by_bash(&["mailprobe", "ports", "submissions"]), ["submissions"]);
        assert_eq!(completed_by_bash(&["mailprobe", "man", "bl"]), ["blocked"]);
        if cfg!(feature = "serve") {
            let options = completed_by_bash(&["mailprobe", "serve", "--"]);
            assert!(
                options.contains(&"--listen".to_owned()) && !options.contains(&"--login".to_owned()),
                "{options:?}"
            );
        }
        let options = completed_by_bash(&["mailprobe", "blocked", "--"]);
        assert!(
            options.contains(&"--reference".to_owned()) && !options.contains(&"--expect".to_owned()),
            "{options:?}"
        );
    }
    if is_there("fish") {
        let offered = |line: &str| {
            let script =
                format!("'{}' completions fish | source; complete -C '{line}'", env!("CARGO_BIN_EXE_mailprobe"));
            let output = Command::new("fish").args(["--no-config", "-c", &script]).output().expect("fish starts");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert!(offered("mailprobe explain conn").contains("connection-refused"));
        assert!(offered("mailprobe providers gm").contains("gmail"));
        assert!(offered("mailprobe ports 4").contains("465"));
    }
    // The command is the first word that is no option; nothing stands before it.
    let zsh = printed(&["completions", "zsh"]);
    assert!(zsh.contains("case $line[1] in") && !zsh.contains("case $line[2] in"), "{zsh}");
    for shell in ["zsh", "fish"] {
        let script = printed(&["completions", shell]);
        for name in ["connection-refused", "gmail", "465", "reset"] {
            assert!(script.contains(name), "{name} is not in the script for {shell}");
        }
    }
}

#[test]
fn the_port_table_fits_a_screen_and_one_port_is_explained_alone() {
    let table = printed(&["ports"]);
    assert!(table.lines().count() <= 23, "{} lines\n{table}", table.lines().count());
    let one = printed(&["ports", "25"]);
    assert_eq!(one, printed(&["ports", "smtp"]));
    assert!(flowing(&one).contains("Many networks block it on purpose") && one.contains("mailprobe blocked"), "{one}");
    assert!(!one.contains("995"), "{one}");
    let several = printed(&["ports", "465", "2525"]);
    assert!(several.contains("submissions") && flowing(&several).contains("not registered"), "{several}");
    let document: serde_json::Value =
        serde_json::from_str(&printed(&["ports", "imaps", "25", "--format", "json"])).expect("JSON");
    let ports: Vec<_> = document["ports"].as_array().expect("ports").iter().map(|row| row["port"].as_u64()).collect();
    assert_eq!(ports, [Some(993), Some(25)]);
    for wrong in ["80", "http", "70000"] {
        let outcome = run(&["ports", wrong]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.stderr.contains(wrong) && outcome.stderr.contains("993 (imaps)"), "{}", outcome.stderr);
    }
    let questions = printed(&["explain", "ports"]);
    assert!(questions.contains("TCP or UDP?") && questions.contains("443"), "{questions}");
}

#[test]
fn a_servers_reply_is_explained() {
    for (reply, said) in [
        (&["554"][..], &["refused for good", "service-rejected", "address-blocklisted", "no-reverse-name"][..]),
        (&["5.7.1"], &["refused for good", "policy", "service-rejected"]),
        (&["421"], &["refused for now", "closes the connection", "service-unavailable", "rate-limited"]),
        (&["554 5.7.1 Service unavailable; blocked using zen.example"], &["address-blocklisted", "request removal"]),
        (&["554", "5.7.1", "no", "PTR", "record"], &["no-reverse-name"]),
        (&["535"], &["wrong name or password", "login-app-password-wanted"]),
        (&["220"], &["all is well"]),
    ] {
        let page = flowing(&printed(&[&["explain"], reply].concat()));
        for words in said {
            assert!(page.contains(words), "{words:?} is not in {page}");
        }
    }
    // With its words the reply is one thing only.
    assert!(!printed(&["explain", "554 5.7.1 blocked using zen.example"]).contains("poor-reputation"));
    let document: serde_json::Value =
        serde_json::from_str(&printed(&["explain", "554 no mail here", "--format", "json"])).expect("JSON");
    assert_eq!(document["entries"][0]["name"], "no-mail-service");
}

#[test]
fn the_words_of_a_report_are_explained_and_listed() {
    let list = printed(&["explain"]);
    let (_, words) = list.split_once("Words of a report\n").expect("the glossary");
    let words = words.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = words.split([',', ' ', '\n']).filter(|word| !word.is_empty()).collect();
    assert!((10..=30).contains(&words.len()), "{words:?}");
    for word in &words {
        assert!(flowing(&printed(&["explain", word])).len() > 80, "{word}");
    }
    for (typed, said) in [
        (&["reset"][..], "RST"),
        (&["RST"], "RST"),
        (&["ICMP"], "3/13"),
        (&["ICMP", "3/13"], "3/13 means: administratively prohibited."),
        (&["ICMPv6 1/4"], "1/4 means: port unreachable."),
        (&["syn"], "first packet of a TCP connection"),
        (&["hello"], "first message of TLS"),
        (&["starttls"], "STLS in POP3"),
        (&["(os error 111)"], "111 means: "),
    ] {
        let page = flowing(&printed(&[&["explain"], typed].concat()));
        assert!(page.contains(said), "{typed:?}: {page}");
    }
    for (wrong, near) in [("resett", "reset"), ("glossar", "`mailprobe explain` prints"), ("ICMP x/y", "icmp")] {
        let outcome = run(&["explain", wrong]);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (2, 1));
        assert!(outcome.stderr.contains(near), "{}", outcome.stderr);
    }
}
