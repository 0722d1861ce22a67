//! The tools whose word mailprobe's is held beside: what they say, and what it comes to.

use std::net::Ipv4Addr;
use std::process::{Command, Output};
use std::sync::LazyLock;

use regex::Regex;

use crate::row::Row;
use crate::world::Folder;

/// What a tool's word comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A record fits: mail is delivered, to the right server.
    Kept,
    /// Mail waits.
    Refused,
    /// There are records, but none that can be used.
    Unusable,
    /// DANE does not apply.
    NoDane,
    /// The tool cannot be asked.
    NotAsked,
}

/// A tool's word about one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) verdict: Verdict,
    /// In the tool's own words, in short.
    pub(crate) text: String,
}

impl Word {
    fn new(verdict: Verdict, text: impl Into<String>) -> Self {
        Self { verdict, text: text.into() }
    }
}

/// Postfix's word about each address of a row, in order. `dane-only` tells apart what `dane` does not: no records, and none
/// that can be used.
pub(crate) fn posttls_finger(folder: &Folder, row: &Row, addresses: &[Ipv4Addr]) -> Vec<Word> {
    /// It goes to one address of several, at random.
    const TRIES: usize = 60;
    let mut words: Vec<Option<Word>> = vec![None; addresses.len()];
    for _ in 0..TRIES {
        // As root it would become Postfix's own user, whom a network of one's own does not know.
        let arguments = "--user --map-user=1000 -- /usr/sbin/posttls-finger -c -l dane-only -F ca.pem -o inet_protocols=ipv4 \
                         -L summary,certmatch";
        let mut command = Command::new("unshare");
        let output = run(command.args(arguments.split_whitespace()).arg(&row.domain), folder);
        let said = all(&output);
        for (address, word) in addresses.iter().zip(&mut words) {
            if said.contains(&format!("[{address}]")) || addresses.len() == 1 || !said.contains("TLS connection") {
                *word = Some(word_of_posttls_finger(&said));
            }
        }
        if words.iter().all(Option::is_some) {
            break;
        }
    }
    words.into_iter().map(|word| word.expect("posttls-finger goes to each address in time")).collect()
}

fn word_of_posttls_finger(said: &str) -> Word {
    static ESTABLISHED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\w+) TLS connection established to").expect("a pattern"));
    static MATCHED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"Matched DANE (EE|TA) .*?at depth (\d): (\d \d \d)").expect("a pattern"));
    static FAILED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"verification failed for \S+: (?:num=\d+:)?(.*)").expect("a pattern"));
    static LOOKUP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(TLSA lookup error|Destination address lookup failed)").expect("a pattern"));
    let capture = |pattern: &Regex, group: usize| pattern.captures(said).map(|found| found[group].to_owned());
    if let Some(failure) = capture(&LOOKUP, 1) {
        return Word::new(Verdict::Refused, failure);
    }
    let Some(trust) = capture(&ESTABLISHED, 1) else {
        return Word::new(Verdict::Refused, "no TLS connection, and not a word");
    };
    if said.contains("no TLSA records found") {
        return Word::new(Verdict::NoDane, "no TLSA records found");
    }
    if said.contains("no usable TLSA records found") || said.contains("all TLSA records unusable") {
        return Word::new(Verdict::Unusable, "no usable TLSA records");
    }
    if let Some(numbers) = capture(&MATCHED, 3) {
        return Word::new(Verdict::Kept, format!("{trust} ({numbers})"));
    }
    let why = capture(&FAILED, 1).unwrap_or_else(|| panic!("posttls-finger says something new: {said}"));
    Word::new(Verdict::Refused, format!("{trust}: {why}"))
}

/// ldns's word about the chain that a server shows at this address. It does not speak SMTP itself.
pub(crate) fn ldns_dane(folder: &Folder, host: &str, address: Ipv4Addr) -> Word {
    static WHY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:because: |dane_query: )(.*)").expect("a pattern"));
    let Some(chain) = chain(folder, address) else { return Word::new(Verdict::NotAsked, "–") };
    let mut command = Command::new("ldns-dane");
    let output = run(command.args(["-T", "-f", "ca.pem", "-c", &chain, "verify", host, "25"]), folder);
    let said = all(&output);
    match output.status.code() {
        Some(0) => Word::new(Verdict::Kept, "0"),
        Some(2) if said.contains("Skipping unusable") => Word::new(Verdict::Unusable, "2: no usable TLSA records"),
        Some(2) if said.contains("were insecure") => Word::new(Verdict::NoDane, "2: insecure"),
        Some(2) => Word::new(Verdict::NoDane, "2: no TLSA records"),
        Some(code) => {
            let why = WHY.captures(&said).unwrap_or_else(|| panic!("ldns-dane says something new: {said}"));
            Word::new(Verdict::Refused, format!("{code}: {}", &why[1]))
        }
        None => panic!("ldns-dane was killed: {said}"),
    }
}

/// A file with what the server shows behind STARTTLS, fetched by OpenSSL.
fn chain(folder: &Folder, address: Ipv4Addr) -> Option<String> {
    let name = format!("{address}.pem");
    let to = format!("{address}:25");
    let mut command = Command::new("openssl");
    let output = run(command.args(["s_client", "-starttls", "smtp", "-showcerts", "-connect", &to]), folder);
    let said = String::from_utf8_lossy(&output.stdout);
    let (mut chain, mut inside) = (String::new(), false);
    for line in said.lines() {
        inside |= line == "-----BEGIN CERTIFICATE-----";
        if inside {
            chain += line;
            chain.push('\n');
        }
        inside &= line != "-----END CERTIFICATE-----";
    }
    std::fs::write(folder.file(&name), &chain).expect("a file");
    (!chain.is_empty()).then_some(name)
}

fn run(command: &mut Command, folder: &Folder) -> Output {
    command.current_dir(folder.path()).stdin(std::process::Stdio::null()).output().expect("the tool starts")
}

fn all(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
