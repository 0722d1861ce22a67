//! What is said of a chain that no trusted authority stands behind, as far as it is proven.

use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Server, pki};
use serde_json::Value;

use crate::authorities;
use crate::command::{mailprobe, only_endpoint, report, run};

/// Shows this certificate to the command, and gives back the endpoint of its report.
fn endpoint_with(certificate: &str) -> Value {
    let (folder, ca_file) = authorities();
    let server = Server::start(format!("imap:implicit:{certificate}").parse().expect("a behaviour"));
    let (_, document) = report(&["--ca-file", &ca_file, &server.url("imaps")]);
    drop(folder);
    only_endpoint(&document).clone()
}

/// Message and evidence of the finding with this id.
fn words(endpoint: &Value, id: &str) -> (String, String) {
    let mut findings = endpoint["findings"].as_array().expect("findings").iter();
    let finding = findings.find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("no {id} in {endpoint:#}"));
    let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    (text("message"), text("evidence"))
}

#[test]
fn a_missing_intermediate_is_told_from_an_unknown_root() {
    let id = "certificate-unknown-issuer";
    let (message, evidence) = words(&endpoint_with("missing-intermediate"), id);
    assert!(message.contains("Probably it omits the intermediate"), "{message}");
    assert!(evidence.contains(pki::ISSUER_URL) && evidence.contains("mailprobe lab intermediate"), "{evidence}");

    // Alone as well, and nothing says that there is an intermediate at all.
    let (message, evidence) = words(&endpoint_with("namesake-issuer"), id);
    assert!(message.contains("Perhaps it omits"), "{message}");
    assert!(evidence.contains("Fortinetti root"), "{evidence}");

    let (message, evidence) = words(&endpoint_with("unknown-root"), id);
    assert!(message.contains("root CA is not trusted here"), "{message}");
    assert!(evidence.contains("root: CN=Nobody's root"), "{evidence}");

    let (message, evidence) = words(&endpoint_with("unknown-issuer"), id);
    assert!(message.contains("ends before it reaches"), "{message}");
    assert!(evidence.contains("issuer, whose certificate it did not send: CN=Nobody's root"), "{evidence}");
}

/// The hint about the certificate, on a machine whose own store is this file, or holds nothing that is known here.
fn hint_where_the_system_trusts(store: &str, certificate: &str, options: &[&str]) -> (Option<i32>, String) {
    let server = Server::start(format!("imap:implicit:{certificate}").parse().expect("a behaviour"));
    let mut command = mailprobe(&["--format", "json", &server.url("imaps")]);
    let output = command.args(options).env("SSL_CERT_FILE", store).output().expect("the command starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let hint = only_endpoint(&document)["findings"][0]["hint"].as_str().unwrap_or_default().to_owned();
    (output.status.code(), hint)
}

#[test]
#[cfg(target_os = "linux")]
fn a_private_ca_that_this_machine_trusts_is_told() {
    let (folder, ca_file) = authorities();
    let nothing = folder.path().join("nothing.pem");
    std::fs::write(&nothing, "").expect("a file");
    let nothing = nothing.to_str().expect("a name");
    let system = |(code, hint): (Option<i32>, String)| (code, hint.contains("--trust system"));
    let good = "tls-1-3-only";
    assert_eq!(system(hint_where_the_system_trusts(&ca_file, good, &[])), (Some(14), true));
    assert_eq!(system(hint_where_the_system_trusts(nothing, good, &[])), (Some(14), false));
    assert_eq!(system(hint_where_the_system_trusts(&ca_file, "unknown-root", &[])), (Some(14), false));
    let (code, _) = hint_where_the_system_trusts(&ca_file, good, &["--trust", "system"]);
    assert_eq!(code, Some(0), "the hint is right");
}

#[test]
fn the_missing_intermediate_is_not_fetched() {
    let name = "mail.test.example";
    let names = DnsServer::start(Zone::new().a(name, [127, 0, 0, 1])).expect("a name server");
    let server = Server::start("imap:implicit:missing-intermediate".parse().expect("a behaviour"));
    let url = format!("imaps://{name}:{}", server.address().port());
    let (outcome, document) = report(&["-4", "--dns-server", &names.address().to_string(), &url]);
    assert_eq!(outcome.code, 14, "{document:#}");
    let asked: Vec<String> = names.questions().into_iter().map(|question| question.name).collect();
    assert!(asked.iter().all(|asked| asked == name), "{asked:?}");
}

#[test]
fn an_odd_chain_that_works_is_told_and_stops_nobody() {
    for (certificate, id) in
        [("wrong-order", "certificate-chain-order"), ("superfluous-root", "certificate-needless-root")]
    {
        let endpoint = endpoint_with(certificate);
        assert_eq!(endpoint["verdict"], "pass", "{endpoint:#}");
        let findings = endpoint["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), 1, "{endpoint:#}");
        assert_eq!((&findings[0]["id"], &findings[0]["severity"]), (&id.into(), &"info".into()));
    }
}

#[test]
fn a_certificate_without_alternative_names_is_not_for_another_name() {
    for certificate in ["no-names", "x509-v1"] {
        let server = Server::start(format!("smtp:implicit:{certificate}").parse().expect("a behaviour"));
        let url = server.url("submissions");
        let (_, document) = report(&[&url]);
        let (message, evidence) = words(only_endpoint(&document), "certificate-wrong-name");
        assert!(message.contains("has no subject alternative name"), "{message}");
        assert!(evidence.contains("no subject alternative name"), "{evidence}");
        let page = run(&[&url]).stdout;
        assert!(page.contains("no name") && page.contains("has no subject alternative name"), "{page}");
        assert!(!page.contains("another name") && !page.contains("wrong name"), "{page}");
    }
}
