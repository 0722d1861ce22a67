//! The same questions, put by swaks (<https://jetmore.org/john/code/swaks/>), which administrators know: it is told what
//! was said by hand.

use std::collections::BTreeMap;
use std::process::Output;

use crate::NAME;
use crate::house::{House, PASSWORD};
use crate::row::{Ask, CLOSED, Row};

/// Asks what swaks can ask, of the rows that have no limit of a rate, which is used up, and not over IPv6, for which it
/// needs more packages. Gives its exit code in each situation.
pub(crate) fn hold(house: &House, rows: &[Row]) -> BTreeMap<&'static str, i32> {
    let mut codes = BTreeMap::new();
    let failures: Vec<_> = rows
        .iter()
        .filter(|row| !row.counts_visits() && row.host == NAME && row.answer() != CLOSED)
        .filter_map(|row| {
            let arguments = arguments(row)?;
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let Output { stdout, stderr, status } = house.run("swaks", &arguments);
            codes.insert(row.situation, status.code().expect("no signal"));
            let said = String::from_utf8_lossy(&stdout);
            // `<~  ` and `<~* ` before what comes in inside TLS, `<-  ` and `<** ` before what does without.
            let heard = said.lines().any(|line| {
                line.starts_with('<') && line.get(4..).is_some_and(|reply| reply.starts_with(row.answer()))
            });
            let stderr = String::from_utf8_lossy(&stderr);
            (!heard).then(|| format!("{}: no {:?} in\n{said}\n{stderr}", row.situation, row.answer()))
        })
        .collect();
    assert!(failures.is_empty(), "{} rows fail:\n{}", failures.len(), failures.join("\n"));
    codes
}

fn arguments(row: &Row) -> Option<Vec<String>> {
    let login = |user: &str, mechanism: &str, password: &str| {
        ["--auth", mechanism, "--auth-user", user, "--auth-password", password].map(str::to_owned).to_vec()
    };
    let envelope = |from: &str, to: &str| {
        let from = if from.is_empty() { "<>" } else { from };
        ["--from", from, "--to", to, "--quit-after", "RCPT"].map(str::to_owned).to_vec()
    };
    let asked = match row.ask {
        Ask::Login { user, secret, mechanism } => {
            let quit = ["--quit-after", "AUTH"].map(str::to_owned).to_vec();
            [login(user, mechanism, secret.text()), quit].concat()
        }
        Ask::Recipient { from, to } => envelope(from, to),
        Ask::Anybody { to } => envelope("", to),
        Ask::RecipientAfterLogin { user, from, to } => [login(user, "PLAIN", PASSWORD), envelope(from, to)].concat(),
        Ask::OpenRelay => envelope("visitor@sender.example", "nobody@example.com"),
        Ask::SenderWithoutLogin | Ask::SenderInTheClear => return None,
    };
    let tls = if row.service == "submissions" { "--tls-on-connect" } else { "--tls-optional" };
    let server = [tls, "--server", row.host, "--port", &row.port.to_string(), "--timeout", "15"].map(str::to_owned);
    Some([server.to_vec(), asked].concat())
}
