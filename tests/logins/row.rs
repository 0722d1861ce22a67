//! A row of the table: a situation, what the real server says when it is asked by hand, and what mailprobe makes of it.

use std::process::Output;
use std::sync::OnceLock;

use serde_json::Value;

use crate::NAME;
use crate::house::{House, PASSWORD, TOKEN};

/// What `by_hand.py` says where the server closed the connection instead of answering.
pub(crate) const CLOSED: &str = "(closed)";

/// The domains whose mail goes to the house.
const LED_HERE: [&str; 2] = ["@test.example", "@everybody.example"];

/// In place of a finding: there is nothing to tell.
pub(crate) const NOTHING: &str = "nothing";

/// A situation.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What it is, in an administrator's words.
    pub(crate) situation: &'static str,
    /// `smtp`, `submission`, `submissions`, `imap`, `imaps`, `pop3`, `pop3s`.
    pub(crate) service: &'static str,
    pub(crate) host: &'static str,
    pub(crate) port: u16,
    /// The port at which it is asked by hand, where that leaves the port unusable for a while.
    by_hand_at: Option<u16>,
    pub(crate) ask: Ask,
    /// How often it is asked before, without anybody looking at the answer: for limits of rates.
    before: usize,
    /// How the real server's reply begins. IMAP's tag is left out.
    answer: &'static str,
    /// What mailprobe has to find.
    finding: &'static str,
    /// And its exit code.
    exit: i32,
    /// Words that the server's log has for mailprobe's visit.
    logged: &'static [&'static str],
    /// Words that it must not have.
    not_logged: &'static [&'static str],
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// A login. By hand with this mechanism; mailprobe chooses, and has to choose the same.
    Login { user: &'static str, secret: Secret, mechanism: &'static str },
    /// Whether a recipient is taken.
    Recipient { from: &'static str, to: &'static str },
    /// `--accept-all-test`: whether a recipient is taken whom nobody can have.
    Anybody { to: &'static str },
    /// The same after a login: a test of submission.
    RecipientAfterLogin { user: &'static str, from: &'static str, to: &'static str },
    /// The mildest step, without any option: `MAIL FROM:<>` without a login, inside TLS.
    SenderWithoutLogin,
    /// `--starttls-enforced`: MAIL FROM before STARTTLS.
    SenderInTheClear,
    /// `--open-relay`: a foreign sender and a foreign recipient.
    OpenRelay,
}

/// What to log in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secret {
    Right,
    Wrong,
    Token,
    WrongToken,
}

impl Secret {
    /// The file of the house in which it is.
    fn file(self) -> &'static str {
        match self {
            Self::Right => "password",
            Self::Token => "token",
            Self::Wrong | Self::WrongToken => "wrong-password",
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Right => PASSWORD,
            Self::Token => TOKEN,
            Self::Wrong | Self::WrongToken => "Kolibri-7419-Winter",
        }
    }
}

impl Row {
    fn new(situation: &'static str, service: &'static str, ask: Ask) -> Self {
        let port = match service {
            "smtp" => 25,
            "submission" => 587,
            "submissions" => 465,
            "imap" => 143,
            "imaps" => 993,
            "pop3" => 110,
            "pop3s" => 995,
            _ => panic!("no such service: {service}"),
        };
        Self {
            situation,
            service,
            host: NAME,
            port,
            by_hand_at: None,
            ask,
            before: 0,
            answer: "",
            finding: "",
            exit: 0,
            logged: &[],
            not_logged: &[],
        }
    }

    pub(crate) fn login(
        situation: &'static str,
        service: &'static str,
        user: &'static str,
        secret: Secret,
        mechanism: &'static str,
    ) -> Self {
        Self::new(situation, service, Ask::Login { user, secret, mechanism })
    }

    pub(crate) fn recipient(situation: &'static str, from: &'static str, to: &'static str) -> Self {
        Self::new(situation, "smtp", Ask::Recipient { from, to })
    }

    pub(crate) fn ask(situation: &'static str, service: &'static str, ask: Ask) -> Self {
        Self::new(situation, service, ask)
    }

    pub(crate) fn on(self, service: &'static str) -> Self {
        Self { service, port: Self::new("", service, self.ask.clone()).port, ..self }
    }

    pub(crate) fn at(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub(crate) fn by_hand_at(self, port: u16) -> Self {
        Self { by_hand_at: Some(port), ..self }
    }

    pub(crate) fn host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    pub(crate) fn after(self, before: usize) -> Self {
        Self { before, ..self }
    }

    /// How the real server's reply begins, and what mailprobe has to make of it.
    pub(crate) fn is(self, answer: &'static str, finding: &'static str, exit: i32) -> Self {
        Self { answer, finding, exit, ..self }
    }

    pub(crate) fn logs(self, logged: &'static [&'static str]) -> Self {
        Self { logged, ..self }
    }

    pub(crate) fn logs_no(self, not_logged: &'static [&'static str]) -> Self {
        Self { not_logged, ..self }
    }

    /// How the real server's reply begins.
    pub(crate) fn answer(&self) -> &'static str {
        self.answer
    }

    /// What mailprobe has to find, and its exit code, as `docs/comparison.md` has them.
    pub(crate) fn found(&self) -> String {
        format!("`{}`, {}", self.finding, self.exit)
    }

    /// Whether the answer depends on how often was asked before.
    pub(crate) fn counts_visits(&self) -> bool {
        self.before > 0
    }

    /// What a person would ask by hand; see `by_hand.py`.
    fn by_hand(&self) -> Vec<&'static str> {
        match self.ask {
            Ask::Login { user, secret, mechanism } => vec!["login", user, secret.text(), mechanism],
            Ask::Recipient { from, to } => vec!["rcpt", from, to],
            Ask::Anybody { to } => vec!["rcpt", "", to],
            Ask::RecipientAfterLogin { user, from, to } => vec!["rcpt", from, to, user, PASSWORD],
            Ask::SenderWithoutLogin => vec!["sender", ""],
            Ask::SenderInTheClear => vec!["sender-in-the-clear", ""],
            Ask::OpenRelay => vec!["rcpt", "visitor@sender.example", "nobody@example.com"],
        }
    }

    /// The same question, put to mailprobe.
    fn arguments(&self, house: &House) -> Vec<String> {
        let target = format!("{}://{}:{}", self.service, self.host, self.port);
        let server = format!("{}:{}", self.host, self.port);
        let login = |user: &str, secret: Secret| {
            let option =
                if matches!(secret, Secret::Token | Secret::WrongToken) { "--token-file" } else { "--password-file" };
            ["--login", user, option, &house.file(secret.file())].map(str::to_owned).to_vec()
        };
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let from = |from: &str| if from.is_empty() { Vec::new() } else { words(&["--from", from]) };
        // Where the DNS leads to that server anyway, nobody names it.
        let at = |to: &str| {
            let is_led = self.host == NAME && self.port == 25 && LED_HERE.iter().any(|domain| to.ends_with(domain));
            if is_led { Vec::new() } else { words(&["--server", &server]) }
        };
        let asked = match self.ask {
            Ask::Login { user, secret, .. } => [words(&[&target]), login(user, secret)].concat(),
            Ask::Recipient { from: sender, to } => [words(&["rcpt", to]), at(to), from(sender)].concat(),
            Ask::Anybody { to } => [words(&["rcpt", to, "--accept-all-test"]), at(to)].concat(),
            Ask::RecipientAfterLogin { user, from: sender, to } => {
                [words(&["rcpt", to, "--server", &server]), from(sender), login(user, Secret::Right)].concat()
            }
            Ask::SenderWithoutLogin => words(&[&target]),
            Ask::SenderInTheClear => words(&[&target, "--starttls-enforced"]),
            Ask::OpenRelay => words(&[&target, "--open-relay", "--i-run-this-server"]),
        };
        [asked, words(&["--format", "json", "--ca-file", &house.authority()])].concat()
    }

    /// Whether this mailprobe can be asked that already.
    fn can_be_asked(&self) -> bool {
        let option = match self.ask {
            Ask::Login { secret: Secret::Token | Secret::WrongToken, .. } => "--token-file",
            Ask::Login { .. } => "--login",
            Ask::Recipient { .. } | Ask::RecipientAfterLogin { .. } | Ask::Anybody { .. } => "rcpt",
            Ask::SenderWithoutLogin | Ask::SenderInTheClear => "--starttls-enforced",
            Ask::OpenRelay => "--open-relay",
        };
        help().split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == option)
    }
}

/// Holds a house to its rows: first the server to what it answers by hand, then mailprobe to what it makes of that.
pub(crate) fn hold(house: &House, rows: &[Row]) {
    let failures: Vec<_> = rows.iter().filter_map(|row| judge(house, row).err()).collect();
    assert!(failures.is_empty(), "{} of {} rows fail:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

fn judge(house: &House, row: &Row) -> Result<(), String> {
    let ask = row.by_hand();
    let asked = || house.by_hand(row.service, row.host, row.by_hand_at.unwrap_or(row.port), &ask);
    for _ in 0..row.before {
        asked();
    }
    let (said, log) = house.logged(&[], asked);
    let answer = without_tag(&said);
    if !answer.starts_with(row.answer) {
        return Err(format!("{}: the server says {said:?} instead of {:?}\n{log}", row.situation, row.answer));
    }
    if !row.can_be_asked() {
        return Ok(());
    }
    house.settle();
    mailprobe(house, row)
}

fn mailprobe(house: &House, row: &Row) -> Result<(), String> {
    let arguments = row.arguments(house);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (output, log) = house.logged(row.logged, || house.run(env!("CARGO_BIN_EXE_mailprobe"), &arguments));
    let Output { status, stdout, stderr } = &output;
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let fail = |what: String| {
        Err(format!(
            "{}: {what}\nmailprobe {}\n{status}\n{stdout}\n{stderr}\n{log}",
            row.situation,
            arguments.join(" ")
        ))
    };
    if status.code() != Some(row.exit) {
        return fail(format!("exit code {:?} instead of {}", status.code(), row.exit));
    }
    let Ok(report) = serde_json::from_str::<Value>(&stdout) else { return fail("no report".to_owned()) };
    let mut found = Vec::new();
    findings(&report, &mut found);
    if row.finding == NOTHING && !found.is_empty() || row.finding != NOTHING && !found.contains(&row.finding) {
        return fail(format!("the findings are {found:?}, without {}", row.finding));
    }
    if let Some(lack) = row.logged.iter().find(|words| !log.contains(**words)) {
        return fail(format!("the log has no {lack:?}"));
    }
    if let Some(words) = row.not_logged.iter().find(|words| log.contains(**words)) {
        return fail(format!("the log has {words:?}"));
    }
    if let Ask::Login { secret, .. } = row.ask
        && [&stdout, &stderr].iter().any(|text| text.contains(secret.text()))
    {
        return fail("the password is in what mailprobe wrote".to_owned());
    }
    match data_in(&log) {
        Some(line) => fail(format!("DATA was sent: {line}")),
        None => Ok(()),
    }
}

/// The line of a server's log that tells of DATA or BDAT: of Postfix the count of a session's commands, of Exim the list
/// of them and what its ACL says.
pub(crate) fn data_in(log: &str) -> Option<&str> {
    let tells = |line: &&str| {
        line.contains("disconnect from ") && (line.contains(" data=") || line.contains(" bdat="))
            || line.contains(",DATA")
            || line.contains(",BDAT")
            || line.contains("DATA came in")
    };
    log.lines().find(tells)
}

/// The ids of all findings in a document, wherever they are.
fn findings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("id").and_then(Value::as_str));
            fields.values().for_each(|value| findings(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| findings(value, found)),
        _ => {}
    }
}

fn without_tag(said: &str) -> &str {
    match said.split_once(' ') {
        Some((tag, rest)) if tag.len() <= 3 && tag.starts_with('a') => rest,
        _ => said,
    }
}

/// Everything that `mailprobe --help` says.
fn help() -> &'static str {
    static HELP: OnceLock<String> = OnceLock::new();
    HELP.get_or_init(|| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mailprobe")).arg("--help").output();
        output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
    })
}
