//! Real TLS servers, each set up to take something in particular, and what mailprobe says of them.
//!
//! The page `docs/tls.md` is this table; `MAILPROBE_BLESS=1 cargo test --test uncommon_tls` writes it anew.
#![cfg(feature = "cli")]

#[path = "../command/mod.rs"]
mod command;
mod servers;
mod table;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use command::{only_endpoint, report};
use mailprobe_lab::skips;
use serde_json::Value;
use servers::{Keys, Listening, Product};
use table::{Row, TABLE, Truth};

/// How many servers at once.
const AT_ONCE: usize = 4;

#[test]
fn the_true_cause_is_told_for_openssl() {
    check(Product::OpenSsl);
}

#[test]
fn the_true_cause_is_told_for_gnutls() {
    check(Product::GnuTls);
}

fn check(product: Product) {
    let lacking =
        [Product::OpenSsl.program(), product.program()].into_iter().find(|program| !servers::is_there(program));
    if let Some(program) = lacking {
        return skips::skip(&skips::this_test(), &format!("the command {program} is missing"));
    }
    let keys = Keys::made();
    let rows = Mutex::new(TABLE.iter().filter(|row| row.product == product));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = { rows.lock().expect("no test panics with it").next() } {
                    if let Err(why) = told_rightly(row, &keys) {
                        wrong.lock().expect("no test panics with it").push(format!("{row:?}: {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no test panics with it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn told_rightly(row: &Row, keys: &Keys) -> Result<(), String> {
    let server = Listening::start(row, keys)?;
    let target = format!("imaps://localhost:{}", server.port);
    let trusted = keys.certificate(row.key).display().to_string();
    // These servers say nothing inside TLS: where the handshake works, a greeting is waited for in vain.
    let patience = if matches!(row.truth, Truth::Spoken) { "5s" } else { "30s" };
    let (_, document) = report(&["-4", "--timeout", patience, "--ca-file", &trusted, &target]);
    let endpoint = only_endpoint(&document);
    let state = endpoint["state"].as_str().unwrap_or_default();
    let findings = endpoint["findings"].as_array().ok_or("no findings")?;
    let said: Vec<&str> = findings.iter().filter_map(|finding| finding["message"].as_str()).collect();
    let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {state}, {said:#?}")) };
    let says = |part: &str| said.iter().any(|message| message.contains(part));
    match row.truth {
        Truth::Spoken => must(finished_tls(endpoint), "the handshake works"),
        Truth::Retired { version, clients } => {
            must(state == "tls-version-unsupported", "the version is the cause")?;
            let evidence = findings.iter().filter_map(|finding| finding["evidence"].as_str());
            must(evidence.clone().any(|seen| seen.contains(version)), "the version is named")?;
            must(says(&table::still_agree(clients)), "the clients are named")
        }
        Truth::Lacks { what, clients } => {
            let suits_most = clients.len() > table::CLIENTS.len() / 2;
            let expected = if suits_most { "tls-unsupported-here" } else { "tls-handshake-failed" };
            must(state == expected, expected)?;
            must(endpoint["verdict"] == if suits_most { "warn" } else { "fail" }, "the verdict")?;
            must(says(&format!("chose {} that", table::with_articles(what))), "what is missing")?;
            must(says(&table::agree(clients)), "the clients")?;
            let certificate_came = !says(", nor its certificate");
            must(certificate_came != row.hides_certificate(), "whether the certificate came")
        }
    }
}

/// Of the first connection. `s_server` serves one at a time, so that second looks at its silence may wait in vain.
fn finished_tls(endpoint: &Value) -> bool {
    let mut stages = endpoint["stages"].as_array().into_iter().flatten();
    stages.find(|stage| stage["stage"] == "tls").is_some_and(|stage| stage["outcome"] == "ok")
        && endpoint["tls"]["version"].is_string()
}

#[test]
fn the_page_is_the_table() {
    let mut page = "\
# TLS that mailprobe does not speak

mailprobe's TLS library (rustls) offers TLS 1.2 and 1.3 with the suites, groups and signature algorithms that nearly every
server takes. Where a server insists on others, bare ClientHellos that offer more find out what it wants, and others that
offer what common clients do find out for which of them it works. What these offer was measured and stands in
`data/clients.toml`; `scripts/measure-clients` measures it again.

Each row is a real server, set up like that in a test (`tests/uncommon_tls/`), with what mailprobe says that it
lacks and which clients of the table can agree with it by their defaults; for OpenSSL's server that was tried with the clients
themselves. Where most can, it is a warning (`tls-unsupported-here`), else a failure.

| server | key | options | mailprobe lacks | clients that can agree with it |
| --- | --- | --- | --- | --- |
"
    .to_owned();
    for row in TABLE {
        let (said, clients) = row.in_words();
        let (product, key, options) = (row.product.program(), row.key, row.options);
        writeln!(page, "| `{product}` | {key} | `{options}` | {said} | {clients} |").expect("a string");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tls.md");
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/ can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/tls.md is not the table. Write it anew with MAILPROBE_BLESS=1.");
}
