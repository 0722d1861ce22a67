//! `--config` and `--dry-run`.

use std::fs;

use mailprobe_lab::{Behaviour, Pki, Server};

use crate::command::{mailprobe, report, run};

fn written(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("mailprobe.toml");
    fs::write(&path, text).expect("a file");
    path.to_str().expect("a name").to_owned()
}

#[test]
fn every_check_has_its_own_expectations() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
    let good = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    let weak = Server::start("imap:implicit:tls-1-2-only".parse::<Behaviour>().expect("a behaviour"));
    let text = format!(
        "[defaults]\nca-file = [\"ca.pem\"]\nmin-days = 14\n\n\
         [[check]]\ntarget = \"{}\"\nexpect = {{ {} = \"starttls\" }}\n\n\
         [[check]]\ntarget = \"{}\"\nmin-tls = \"1.3\"\n",
        good.url("submission"),
        good.address().port(),
        weak.url("imaps"),
    );
    let (outcome, document) = report(&["--config", &written(&folder, &text)]);
    assert_eq!(outcome.code, 16, "{}", outcome.stderr);
    let verdicts: Vec<_> = document["targets"].as_array().expect("targets").iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["pass", "fail"]);
    assert_eq!(document["targets"][1]["endpoints"][0]["expectations"][1]["found"], "1.2");
}

#[test]
fn a_mistake_is_told_with_its_place_and_nothing_is_probed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    let text = format!(
        "[[check]]\ntarget = \"{}\"\n\n[[check]]\ntarget = \"mail.test.example\"\nmin-dyas = 14\n",
        server.url("submission")
    );
    let path = written(&folder, &text);
    let outcome = run(&["--config", &path]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&format!("{path}:6:1:")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("did you mean min-days?"), "{}", outcome.stderr);
    assert!(server.connections().is_empty());
}

#[test]
fn every_mistake_has_a_line_and_a_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = "target = \"mail.test.example\"\n";
    for (text, place, word) in [
        (format!("[[check]]\n{target}ca-file = [\"none.pem\"]\n").into_bytes(), "3:12", "none.pem"),
        ([b"[[check]]\n# na\xefve\n", target.as_bytes()].concat(), "2:5", "UTF-8"),
        (Vec::new(), "1:1", "[[check]]"),
        (b"[defaults]\nstrict = true\n".to_vec(), "3:1", "[[check]]"),
        (b"[[check]]\ntarget = \"smtp://127.0.0.1:1\"\nexpect = { 465 = \"ok\" }\n".to_vec(), "3:1", "465"),
    ] {
        let path = folder.path().join("mailprobe.toml");
        fs::write(&path, &text).expect("a file");
        let path = path.to_str().expect("a name");
        for extra in [&[][..], &["--dry-run"]] {
            let outcome = run(&[&["--config", path], extra].concat());
            assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
            assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
            assert!(outcome.stderr.contains(&format!("{path}:{place}: ")), "{place}: {}", outcome.stderr);
            assert!(outcome.stderr.contains(word), "{word}: {}", outcome.stderr);
        }
    }
}

#[test]
fn a_file_that_is_missing_or_names_targets_twice_is_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.toml");
    let outcome = run(&["--config", missing.to_str().expect("a name")]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("missing.toml"), "{}", outcome.stderr);
    let path = written(&folder, "[[check]]\ntarget = \"mail.test.example\"\n");
    assert_eq!(run(&["--config", &path, "mail.test.example"]).code, 2);
}

#[test]
fn a_dry_run_tells_what_would_be_probed_and_probes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    let text = format!(
        "[[check]]\ntarget = \"{}\"\nmin-days = 14\n[[check]]\ntarget = \"mail.test.example\"\nexpect = {{ 25 = \"closed\" }}\n",
        server.url("submission")
    );
    let outcome = run(&["--dry-run", "--config", &written(&folder, &text)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for word in
        [server.url("submission").as_str(), "STARTTLS", "14 days", "mail.test.example", "25", "expected: closed"]
    {
        assert!(outcome.stdout.contains(word), "{word} is missing in\n{}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains("imaps"), "{}", outcome.stdout);
    assert!(server.connections().is_empty());
}

#[test]
fn the_committed_schema_is_that_of_the_types_and_accepts_what_the_program_accepts() {
    let schema = mailprobe::internals::cli::config_schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/config-v1.json");
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        fs::write(&path, &text).expect("a file");
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "run again with MAILPROBE_BLESS=1");

    let validator = jsonschema::validator_for(schema.as_value()).expect("a valid schema");
    let folder = tempfile::tempdir().expect("a folder");
    for (text, good) in [
        (
            "[[check]]\ntarget = \"mail.test.example\"\nexpect = { 25 = \"ok\" }\nmin-tls = \"1.3\"\nca-file = []\n",
            true,
        ),
        ("[defaults]\nstrict = true\n[[check]]\ntarget = \"mail.test.example\"\nports = [25]\n", true),
        ("[[check]]\ntarget = \"mail.test.example\"\nexepct = { 25 = \"ok\" }\n", false),
        ("[[check]]\nmin-days = 14\n", false),
        ("[[check]]\ntarget = \"mail.test.example\"\nmin-tls = \"1.4\"\n", false),
        ("[defaults]\ntarget = \"mail.test.example\"\n", false),
        ("[modules.MX]\nports = [25]\n", false),
        ("[modules.mx]\ntarget = \"mail.test.example\"\n", false),
        ("[[targets]]\ntarget = \"mail.test.example\"\nintervall = \"5m\"\n", false),
        (
            "allow = [\"*\"]\n[[check]]\ntarget = \"mail.test.example\"\n[modules.mx]\nports = [25]\n[[targets]]\n\
             target = \"mail.test.example\"\n[webhook]\nurl = \"https://hooks.test.example/\"\n",
            true,
        ),
    ] {
        let value: toml::Value = toml::from_str(text).expect("TOML");
        let value = serde_json::to_value(value).expect("JSON");
        assert_eq!(validator.is_valid(&value), good, "the schema on {text}");
        assert_eq!(run(&["--dry-run", "--config", &written(&folder, text)]).code == 0, good, "the program on {text}");
    }
}

#[test]
fn the_environment_stands_in_for_options() {
    let outcome =
        mailprobe(&["--dry-run", "smtp://127.0.0.1:1"]).env("MAILPROBE_STRICT", "true").output().expect("it starts");
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("warnings count as failures"));
    for blank in ["MAILPROBE_WAIT", "MAILPROBE_RETRIES", "MAILPROBE_FORMAT", "MAILPROBE_STRICT"] {
        let outcome = mailprobe(&["--dry-run", "smtp://127.0.0.1:1"]).env(blank, "").output().expect("it starts");
        assert_eq!(outcome.status.code(), Some(0), "{blank}: {}", String::from_utf8_lossy(&outcome.stderr));
    }
    let json = mailprobe(&["ports"]).env("MAILPROBE_FORMAT", "json").output().expect("it starts");
    assert!(json.stdout.starts_with(b"{"));
    let option_first =
        mailprobe(&["ports", "--format", "human"]).env("MAILPROBE_FORMAT", "json").output().expect("it starts");
    assert!(!option_first.stdout.starts_with(b"{"));
}
