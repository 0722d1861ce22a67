//! The script that compares the provider table with the lists that it is from, and the workflow that runs it.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mailprobe_lab::skips;

const SCRIPT: &str = "scripts/compare-providers";
const WORKFLOW: &str = include_str!("../.github/workflows/real-world.yml");

/// `None`, with a message, where there is no Python that knows TOML.
fn compare(arguments: &[&str]) -> Option<Output> {
    let known = Command::new("python3").args(["-c", "import tomllib"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        skips::skip(&skips::this_test(), "python3 of version 3.11 is missing");
        return None;
    }
    Some(Command::new("python3").args(["-B", SCRIPT]).args(arguments).output().expect("python3 starts"))
}

const TABLE: &str = r#"
[[provider]]
name = "same"
title = "Same"
domains = ["same.test"]
smtp = { host = "smtp.same.test", implicit = [465] }
imap = { host = "imap.same.test", implicit = [993] }
sources = [{ name = "Thunderbird ISPDB", date = "2026-03" }]

[[provider]]
name = "moved"
title = "Moved"
domains = ["moved.test"]
smtp = [{ host = "smtp.moved.test", implicit = [465] }, { host = "out.moved.test", starttls = [587] }]
pop3 = { host = "pop.moved.test", implicit = [995] }
sources = [{ name = "Thunderbird ISPDB", date = "2026-03" }, { name = "nodemailer, for port 587", date = "2026-08" }]

[[provider]]
name = "ses"
title = "Of a region"
smtp = { host = "email.REGION.test", starttls = [587] }
sources = [{ name = "vendor", date = "2026-11" }]
"#;

fn file_of_mail_programs(domain: &str, incoming: &str) -> String {
    format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"{domain}\"><domain>{domain}</domain>{incoming}\
         <outgoingServer type=\"smtp\"><hostname>smtp.{domain}</hostname><port>465</port><socketType>SSL</socketType>\
         </outgoingServer></emailProvider></clientConfig>"
    )
}

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(path, content)).expect("a file");
}

#[test]
fn what_differs_from_each_list_is_printed_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("a name").to_owned();
    let incoming = |kind: &str, host: &str, port: u16| {
        format!(
            "<incomingServer type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port>\
             <socketType>SSL</socketType></incomingServer>"
        )
    };
    write(folder.path(), "table.toml", TABLE);
    let same = file_of_mail_programs("same.test", &incoming("imap", "imap.same.test", 993));
    write(folder.path(), "ispdb/same.test.xml", &same);
    let moved = file_of_mail_programs("moved.test", &incoming("pop3", "pop3.moved.test", 995));
    write(folder.path(), "ispdb/moved.test.xml", &moved);
    write(
        folder.path(),
        "services.json",
        r#"{"Same": {"domains": ["same.test"], "host": "smtp.same.test", "port": 587}, "Maildev": {"port": 1025}}"#,
    );
    let chatmail = "---\nname: Same\ndomains:\n  - same.test # its own\nserver:\n  - type: imap\n    socket: STARTTLS\n    \
                    hostname: imap.same.test\n    port: 143\nlast_checked: 2026-04\n---\nWords: of a page.\n";
    write(folder.path(), "providers/same.md", chatmail);

    let table = at("table.toml");
    let with = |arguments: &[&str]| compare(&[&["--table", &table], arguments].concat());
    let (ispdb, nodemailer, chatmail) = (at("ispdb"), at("services.json"), at("providers"));
    let all = ["--ispdb", &ispdb, "--nodemailer", &nodemailer, "--chatmail", &chatmail];
    let Some(output) = with(&all) else { return };
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        printed.lines().collect::<Vec<_>>(),
        [
            "ISPDB: moved: lacks pop3 pop3.moved.test:995 (implicit), which is in moved.test.xml",
            "ISPDB: moved: has pop3 pop.moved.test:995 (implicit), which is not in moved.test.xml",
            "nodemailer: same: lacks smtp smtp.same.test:587 (starttls), which is in 'Same'",
            "chatmail: same: lacks imap imap.same.test:143 (starttls), which is in same.md",
        ],
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(1));

    write(folder.path(), "ispdb/moved.test.xml", &moved.replace("pop3.moved", "pop.moved"));
    let output = with(&["--ispdb", &ispdb]).expect("python3 is there");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"Nothing differs.\n"[..]));

    for broken in [&["--ispdb", table.as_str()][..], &["--nodemailer", &table], &["--chatmail", "/no/such/folder"], &[]]
    {
        let output = with(broken).expect("python3 is there");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{broken:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("Traceback"), "{broken:?}");
    }

    let output = with(&["--ports"]).expect("python3 is there");
    let targets = "imaps://imap.same.test:993\nsubmissions://smtp.same.test:465\npop3s://pop.moved.test:995\n\
                   submission://out.moved.test:587\nsubmissions://smtp.moved.test:465\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), targets);
}

#[test]
fn the_world_outside_is_looked_at_on_a_schedule_and_nothing_is_opened() {
    let contains = |words: &str| assert!(WORKFLOW.contains(words), "{words}");
    ["schedule:", "workflow_dispatch:", SCRIPT, "permissions:\n  contents: read"].into_iter().for_each(contains);
    for trigger in ["push:", "pull_request", ": write", "gh issue", "secrets."] {
        assert!(!WORKFLOW.contains(trigger), "{trigger}");
    }
    // The line that it reads the reference domains from.
    let references = fs::read_to_string("src/blocked/references.rs").expect("a file");
    assert!(references.lines().any(|line| line.starts_with("pub const REFERENCES") && line.ends_with("];")));
    contains("src/blocked/references.rs");
}
