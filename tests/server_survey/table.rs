//! docs/servers.md: what each server really says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::products::{Endpoint, Product, Scenario};

const HEAD: &str = "<!-- Written by tests/server_survey: .ci/real-servers --bless -->

# What mail servers say

Each server runs as its package brings it, with a minimal configuration, in a network of its own, once with a
certificate and once without. Greetings, capabilities and TLS are read by Python and OpenSSL 3.5, whose hello offers
X25519MLKEM768 and x25519; the last column is mailprobe's state for the same port. `HRR`: the server asks for another key
exchange first (HelloRetryRequest), one round trip more. Dates, process numbers and random words are left out (`…`).

Of stunnel, HAProxy and imapproxy the words are partly those of aiosmtpd and Dovecot behind them. smtp-server and
hoodiecrow-imap have a certificate of their own, always the same, where they are given none. Debian 13 has no Citadel any
more; GreenMail and Apache James are in none of these registries.
";

/// One endpoint of one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    protocol: &'static str,
    product: &'static str,
    version: String,
    scenario: Scenario,
    port: u16,
    cells: [String; 5],
}

impl Row {
    pub(crate) fn new(product: &Product, scenario: Scenario, endpoint: &Endpoint, told: &Value, said: &Value) -> Self {
        let cells = [
            code(&[greeting(&said["greeting"])]),
            offered(&said["plaintext"]),
            offered(&said["secured"]),
            tls(said),
            format!("`{}`", told["state"].as_str().unwrap_or_default()),
        ];
        Self {
            protocol: endpoint.protocol(),
            product: product.name,
            version: product.version(),
            scenario,
            port: endpoint.port,
            cells,
        }
    }

    fn line(&self) -> String {
        let Self { product, version, scenario, port, cells, .. } = self;
        format!("| {product} | {version} | {} | {port} | {} |", scenario.words(), cells.join(" | "))
    }
}

/// Writes the table with `MAILPROBE_BLESS=1`; else it must be the same for every version that it knows. A new version
/// is Debian's business, not a fault: what it says is told.
pub(crate) fn bless_or_compare(mut rows: Vec<Row>) {
    rows.sort();
    let text = render(&rows);
    let path = path();
    if std::env::var("MAILPROBE_BLESS").as_deref() == Ok("1") {
        fs::write(&path, text).expect("docs/servers.md");
        return;
    }
    let old = fs::read_to_string(&path).unwrap_or_default();
    let old: BTreeMap<_, _> = old.lines().filter_map(|line| Some((key(line)?, line))).collect();
    let new: BTreeMap<_, _> = text.lines().filter_map(|line| Some((key(line)?, line))).collect();
    let (mut faults, mut news) = (String::new(), String::new());
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (old.get(key).copied().unwrap_or_default(), new.get(key).copied().unwrap_or_default());
        if old != new {
            let is_another_version = !old.is_empty() && !new.is_empty() && version(old) != version(new);
            let to = if is_another_version { &mut news } else { &mut faults };
            writeln!(to, "- {old}\n+ {new}").expect("a string");
        }
    }
    if !news.is_empty() {
        tell(&format!("docs/servers.md knows other versions; `.ci/real-servers --bless` writes it anew:\n{news}"));
    }
    assert!(faults.is_empty(), "docs/servers.md says otherwise (`.ci/real-servers --bless` writes it anew):\n{faults}");
}

fn render(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    for (protocol, title) in [("smtp", "SMTP"), ("imap", "IMAP"), ("pop3", "POP3")] {
        write!(
            text,
            "\n## {title}\n\n| server | version | scenario | port | greeting | offered in plaintext | offered inside TLS | TLS | state |
|---|---|---|---|---|---|---|---|---|\n"
        )
        .expect("a string");
        for row in rows.iter().filter(|row| row.protocol == protocol) {
            text.push_str(&row.line());
            text.push('\n');
        }
    }
    text
}

/// What tells one row from all others: server, scenario and port.
fn key(line: &str) -> Option<String> {
    let cells: Vec<_> = line.strip_prefix("| ")?.split(" | ").collect();
    (cells.len() > 3 && cells[3].parse::<u16>().is_ok()).then(|| format!("{} {} {}", cells[0], cells[2], cells[3]))
}

fn version(line: &str) -> &str {
    line.split(" | ").nth(1).unwrap_or_default()
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/servers.md")
}

/// A greeting without what is different every time.
pub(crate) fn greeting(said: &Value) -> String {
    let Some(said) = said.as_str() else { return "none".to_owned() };
    vary(said.trim_end())
}

/// A capability without what is different every time.
pub(crate) fn capability(word: &str) -> String {
    vary(word.trim())
}

/// What is different every time: dates, process numbers and random words; and what stands for it.
static CHANGING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8}( [+-][0-9]{4})?( \([A-Z]+\)| GMT)?", "…"),
        (r"<[^<>@ ]+@([^<>@ ]+)>", "<…@$1>"),
        (r"\([0-9A-F]{6}\)", "(…)"),
        (r"(perdit[a-z]* ready on [0-9.]+) [0-9a-f]{8}", "$1 …"),
        (r"sessionid=<[^>]*>", "sessionid=<…>"),
        (r"[0-9a-f]{16,}", "…"),
    ]
    .map(|(pattern, stand_in)| (Regex::new(pattern).expect("a pattern"), stand_in))
    .into()
});

fn vary(text: &str) -> String {
    CHANGING
        .iter()
        .fold(text.to_owned(), |text, (pattern, stand_in)| pattern.replace_all(&text, *stand_in).into_owned())
}

/// The name of a group, in one of the several writings of it.
pub(crate) fn group(name: &Value) -> String {
    let name = name.as_str().unwrap_or("none").to_lowercase();
    match name.as_str() {
        "secp256r1" | "prime256v1" | "p-256" => "P-256".to_owned(),
        "secp384r1" | "p-384" => "P-384".to_owned(),
        "x25519mlkem768" => "X25519MLKEM768".to_owned(),
        _ => name,
    }
}

fn offered(said: &Value) -> String {
    let Some(words) = said.as_array() else { return "–".to_owned() };
    let words: Vec<_> = words.iter().filter_map(Value::as_str).map(capability).collect();
    if words.is_empty() { "nothing".to_owned() } else { code(&words) }
}

fn tls(said: &Value) -> String {
    if let Some(failure) = said["failure"].as_str() {
        return format!("fails: {}", failure.replace('|', "/"));
    }
    let tls = &said["tls"];
    let Some(version) = tls["version"].as_str() else { return "–".to_owned() };
    let again = if tls["hellos"].as_u64() > Some(1) { ", HRR" } else { "" };
    format!("{} {}{again}", version, group(&tls["group"]))
}

/// As code of a table's cell.
fn code(words: &[String]) -> String {
    let words: Vec<_> =
        words.iter().map(|word| format!("`{}`", word.replace('|', r"\|").replace('\n', "` `"))).collect();
    words.join(", ")
}

#[allow(clippy::print_stderr, reason = "there is no report but this")]
fn tell(news: &str) {
    eprintln!("{news}");
}
