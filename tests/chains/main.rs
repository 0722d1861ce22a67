//! Chains of certificates as mailprobe and other programs judge them, each in a handshake of its own: `docs/chains.md`.
//!
//! The table is written anew with `MAILPROBE_BLESS=1`. Otherwise it is compared: mailprobe's column always, that of another
//! program where this machine has the very version.

mod cases;
mod defaults;
mod expiry;
mod judges;
mod maker;
mod server;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use mailprobe_lab::skips::{skip, this_test};
use regex::Regex;
use serde_json::Value;

use cases::{Case, Cases};
use judges::{Asked, Judge};
use maker::NAME;

/// How many other programs there must be for the comparison to say anything.
const LEAST_OTHERS: usize = 4;

/// What mailprobe says of a chain.
struct Told {
    takes: bool,
    state: String,
    words: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_chain_is_judged_as_by_others_or_says_who_differs() {
    if Command::new("openssl").arg("version").output().is_err() {
        return skip(&this_test(), "there is no openssl to make some of the chains");
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = Cases::all(folder.path());
    assert!(cases.len() >= 60, "{}", cases.len());
    let roots = folder.path().join("roots.pem");
    let trusted = cases.iter().filter_map(|case| case.trusted.as_ref()).map(|der| pem(der)).collect::<String>();
    std::fs::write(&roots, trusted).unwrap();
    let mut asked = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let file = folder.path().join(format!("{number}.pem"));
        std::fs::write(&file, case.chain.iter().map(|der| pem(der)).collect::<String>()).unwrap();
        asked.push(Asked { port: server::start(case).await, host: case.host, file: file.display().to_string() });
    }
    // The servers are this runtime's; the programs that talk to them wait elsewhere.
    let (told, judges, asked) = tokio::task::spawn_blocking(move || {
        let (told, judges) = std::thread::scope(|scope| {
            let told = scope.spawn(|| asked.iter().map(|one| told(&roots, one)).collect::<Vec<_>>());
            let judges = judges::all(folder.path(), &roots, &asked);
            (told.join().unwrap(), judges)
        });
        (told, judges, asked)
    })
    .await
    .unwrap();
    if judges.len() < LEAST_OTHERS {
        let names: Vec<_> = judges.iter().map(|judge| judge.name.as_str()).collect();
        skip(&this_test(), &format!("only {} of at least {LEAST_OTHERS} other programs are here", names.len()));
    }
    let mut wrong = Vec::new();
    for ((case, one), told) in cases.iter().zip(&asked).zip(&told) {
        let says: Vec<bool> = judges.iter().filter_map(|judge| judge.takes(one.port)).collect();
        let takers = says.iter().filter(|takes| **takes).count();
        let differs =
            judges.len() >= LEAST_OTHERS && (takers * 2 > says.len()) != told.takes && takers * 2 != says.len();
        // Programs and libraries by name, or all of them.
        let who = ["OpenSSL", "GnuTLS", "rustls", "Java", "programs", "clients"];
        if differs && !told.words.iter().any(|words| who.iter().any(|who| words.contains(who))) {
            wrong.push(format!("{}: {takers} of {} take it; mailprobe: {}", case.what, says.len(), said(told)));
        }
    }
    compare(&table(&cases, &asked, &told, &judges));
    assert!(wrong.is_empty(), "mailprobe differs and does not say why:\n{}", wrong.join("\n"));
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let bits =
                (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(three.get(place).copied().unwrap_or(0)));
            for place in 0..4 {
                let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
                text.push(if place > three.len() { '=' } else { digit });
            }
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

fn told(roots: &Path, asked: &Asked) -> Told {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    command.args(["--format", "json", "--ca-file"]).arg(roots);
    if asked.host == NAME {
        command.args(["--server-name", NAME]);
    }
    let ran = command.arg(format!("smtps://127.0.0.1:{}", asked.port)).output().unwrap();
    let report: Value = serde_json::from_slice(&ran.stdout).expect("a report");
    let endpoint = &report["targets"][0]["endpoints"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about_certificate = |finding: &&Value| text(&finding["id"]).starts_with("certificate-");
    let findings = endpoint["findings"].as_array().into_iter().flatten().filter(about_certificate);
    let words = findings.map(|finding| match finding["evidence"].as_str() {
        Some(evidence) if finding["id"] == "certificate-unusable" => {
            format!("{} ({evidence})", text(&finding["message"]))
        }
        _ => text(&finding["message"]),
    });
    let takes = endpoint["tls"]["certificate"]["verified"] == Value::Bool(true);
    Told { takes, state: text(&endpoint["state"]), words: words.collect() }
}

/// What the command says of a chain: its exit code, and the report for a person.
struct Shown {
    code: i32,
    text: String,
}

/// Has the command judge what a server shows, with more options.
async fn judged(case: &Case, options: &'static [&'static str]) -> Shown {
    let port = server::start(case).await;
    let trusted = case.trusted.as_ref().map(|root| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem(root)).unwrap();
        file
    });
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        command.args(["--server-name", NAME]).args(options).env("COLUMNS", "400");
        if let Some(file) = &trusted {
            command.arg("--ca-file").arg(file.path());
        }
        command.arg(format!("smtps://127.0.0.1:{port}")).output().unwrap()
    });
    let ran = ran.await.unwrap();
    let text = String::from_utf8(ran.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    Shown { code: ran.status.code().unwrap(), text }
}

/// The same of one of the cases.
async fn run(what: &str, options: &'static [&'static str]) -> (i32, String) {
    let Shown { code, text } = judged(&Cases::only(what), options).await;
    (code, text)
}

#[tokio::test]
async fn every_certificate_of_the_chain_must_be_valid_for_as_long_as_asked() {
    for (what, whose) in [
        ("dates: intermediate ends in a week", "(the intermediate CN=intermediate"),
        ("dates: root ends in a week", "(the root CA CN=root"),
    ] {
        let (code, text) = run(what, &["--min-days", "14"]).await;
        assert_eq!(code, 16, "{what}: {text}");
        assert!(text.contains("Found: 7 days, until ") && text.contains(whose), "{text}");
        // Whoever says that five days are enough is not warned of seven.
        let (code, text) = run(what, &["--min-days", "5"]).await;
        assert_eq!(code, 0, "{text}");
        assert!(!text.contains("from then on the chain is not valid"), "{text}");
        let (code, text) = run(what, &[]).await;
        assert_eq!(code, 0, "{text}");
        assert!(
            text.contains("expires in 7 days, on ") && text.contains("from then on the chain is not valid"),
            "{text}"
        );
        // One number in every line, that of the chain.
        let (_, text) = run(what, &["-v", "--min-days", "30"]).await;
        assert!(text.contains("certificate 7 days") && text.contains("(7 days left, until CN="), "{text}");
        assert!(text.contains("Found: 7 days, until ") && !text.contains("60 days"), "{text}");
    }
    assert_eq!(run("all good", &["--min-days", "14"]).await.0, 0);
}

#[tokio::test]
async fn a_name_in_the_common_name_alone_is_a_warning_that_names_who_refuses_it() {
    let what = "name: in the common name alone";
    let (code, text) = run(what, &[]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Most programs still accept it; strict ones do not."), "{text}");
    assert_eq!(run(what, &["--strict"]).await.0, 14);
}

fn said(told: &Told) -> String {
    if told.words.is_empty() { told.state.clone() } else { format!("{}: {}", told.state, told.words.join(" ")) }
}

const HEAD: &str = "# Chains of certificates, and who takes them

Made by `tests/chains`, with `MAILPROBE_BLESS=1`: each chain is shown by a server, and each program makes a handshake with it. \
Where mailprobe differs from most, its words say who does not.

";

/// The page: a row for each chain. Dates are those of the day.
fn table(cases: &[Case], asked: &[Asked], told: &[Told], judges: &[Judge]) -> String {
    let days_ago = Regex::new(r"\d{3,} days ago").unwrap();
    let date = Regex::new(r"\d{4}-\d{2}-\d{2}").unwrap();
    let mut page = HEAD.to_owned();
    let names: Vec<_> = judges.iter().map(|judge| judge.name.as_str()).collect();
    let _ = writeln!(page, "| chain | {} | mailprobe | its words |", names.join(" | "));
    let _ = writeln!(page, "|{}", " --- |".repeat(judges.len() + 3));
    let yes = |takes: bool| if takes { "yes" } else { "no" };
    for ((case, one), told) in cases.iter().zip(asked).zip(told) {
        let says = judges.iter().map(|judge| judge.takes(one.port).map_or("", yes)).collect::<Vec<_>>().join(" | ");
        let words = date.replace_all(&said(told), "(date)").replace('|', "\\|");
        // Of a date that stays, there are more every day.
        let words = days_ago.replace_all(&words, "(days) ago");
        let _ = writeln!(page, "| {} | {says} | {} | {words} |", case.what, yes(told.takes));
    }
    page
}

/// Compares the page with the committed one, column by column as far as both have it.
fn compare(page: &str) {
    let path = format!("{}/docs/chains.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let rows = |page: &str| -> Vec<Vec<String>> {
        let rows = page.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
        rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
    };
    let (now, then) = (rows(page), rows(&committed));
    assert_eq!(now.len(), then.len(), "docs/chains.md has other rows. Write it anew with MAILPROBE_BLESS=1.");
    let column = |rows: &[Vec<String>], at: usize| -> Vec<(String, String)> {
        rows.iter().map(|row| (row[0].clone(), row.get(at).cloned().unwrap_or_default())).collect()
    };
    for (at, name) in now[0].iter().enumerate() {
        let Some(before) = then[0].iter().position(|other| other == name) else { continue };
        let pairs = column(&now, at).into_iter().zip(column(&then, before));
        let changed: Vec<_> = pairs.filter(|(now, then)| now != then).collect();
        assert!(changed.is_empty(), "{name} differs from docs/chains.md: {changed:#?}");
    }
}
