//! The configuration of mail programs and its digest.

use super::super::agent_config::{record, servers};
use crate::observation::promises::{PolicyRecord, RecordFault as Fault};

const DIGEST: &str = "MOA19C2fw1LnfpriQEArPk+FRkxoE7UVaunADBmu7G8=";

fn digests(published: &[&str]) -> Result<(usize, Vec<Fault>), Option<Vec<Fault>>> {
    match record(Ok(published.iter().map(|text| (*text).to_owned()).collect())) {
        PolicyRecord::Good { record, remarks, .. } => {
            assert!(record.iter().all(|digest| digest.digest.len() == 32 && digest.algorithm == "sha256"));
            Ok((record.len(), remarks))
        }
        PolicyRecord::Faulty { faults, .. } => Err(Some(faults)),
        PolicyRecord::None | PolicyRecord::Failed(_) => Err(None),
    }
}

fn bad(field: &'static str, value: &str, allowed: &'static str) -> Fault {
    Fault::BadValue { field, value: value.to_owned(), allowed }
}

#[test]
fn every_record_with_a_digest_counts() {
    const SHA256: &str = "the SHA-256 of the file in base64";
    let with = |tags: &str| format!("v=UAAC1; {tags}");
    let good = with(&format!("a=sha256; d={DIGEST}"));
    assert_eq!(digests(&[&good]), Ok((1, vec![])));
    assert_eq!(digests(&[&format!("V = uaac1;A=SHA256;x=y;d= {DIGEST} ")]), Ok((1, vec![])));
    assert_eq!(digests(&[&good, &good, "verification=abc"]), Ok((2, vec![])));
    assert_eq!(digests(&[&good, &with("a=sha256")]), Ok((1, vec![Fault::Missing("d")])));
    for (tags, fault) in [
        (format!("d={DIGEST}"), Fault::Missing("a")),
        ("a=sha256".to_owned(), Fault::Missing("d")),
        (format!("a=sha512; d={DIGEST}"), bad("a", "sha512", "sha256")),
        ("a=sha256; d=abcdef".to_owned(), bad("d", "abcdef", SHA256)),
        ("a=sha256; d=AAAA".to_owned(), bad("d", "AAAA", SHA256)),
        ("a=sha256; d=".to_owned(), bad("d", "", SHA256)),
    ] {
        assert_eq!(digests(&[&with(&tags)]), Err(Some(vec![fault])), "{tags}");
    }
    assert_eq!(digests(&["v=UAAC2; a=sha256"]), Err(Some(vec![Fault::BadVersion])));
    assert_eq!(digests(&["v=spf1 -all"]), Err(Some(vec![Fault::Foreign("v=spf1".to_owned())])));
    assert_eq!(digests(&["verification=abc"]), Err(None));
    assert_eq!(digests(&[]), Err(None));
}

#[test]
fn the_mail_servers_of_a_file_have_tls_from_the_start_on_their_usual_ports() {
    let named = |file: &str| -> Result<Vec<String>, String> {
        let servers = servers(file.as_bytes())?;
        Ok(servers.iter().map(|server| format!("{}:{} {}", server.host, server.port, server.service)).collect())
    };
    let full = r#"{"protocols": {"imap": {"host": "IMAP.example.org"}, "jmap": {"url": "https://example.org/"},
        "pop3": {"host": "pop.example.org"}, "smtp": {"host": "smtp.example.org"}}, "info": {}, "authentication": {}}"#;
    let expected = ["imap.example.org:993 imaps", "pop.example.org:995 pop3s", "smtp.example.org:465 submissions"];
    assert_eq!(named(full), Ok(expected.map(str::to_owned).to_vec()));
    assert_eq!(named(r#"{"protocols": {"jmap": {"url": "https://example.org/"}}}"#), Ok(vec![]));
    for (file, words) in [
        ("", "it is not JSON: EOF while parsing a value at line 1 column 0"),
        ("<html>", "it is not JSON: expected value at line 1 column 1"),
        ("[]", "it has no object \"protocols\""),
        (r#"{"protocols": []}"#, "it has no object \"protocols\""),
        (r#"{"protocols": {"imap": {}}}"#, "imap has no host"),
        (r#"{"protocols": {"imap": {"host": 1}}}"#, "imap has no host"),
        (r#"{"protocols": {"smtp": {"host": "a b"}}}"#, "smtp has no host name for a host: a b"),
    ] {
        assert_eq!(named(file), Err(words.to_owned()), "{file}");
    }
    assert!(named(&"[".repeat(60_000)).is_err());
}
