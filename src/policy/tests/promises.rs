//! What was promised, held against what was seen: what comes of it, and what a person is told first.

mod rows;

use MtaStsMode::Enforce;
use PolicyOutcome::{Broken, CannotTell, Kept};

use super::*;
use crate::observation::discovery::NamedServer;
use crate::observation::promises::*;

const MX: &str = "mx1.example.org";
const MX2: &str = "mx2.example.org";
const SECOND: &str = "192.0.2.6";

/// One row: what is promised and seen, and what is said of it.
struct Row {
    name: &'static str,
    promises: Promises,
    seen: Vec<Observation>,
    /// `dane broken`, of the kinds that matter here.
    outcomes: &'static [(PolicyKind, PolicyOutcome)],
    verdicts: &'static [Verdict],
    target: Verdict,
    exit_code: u8,
    /// The beginning of the conclusion.
    first: &'static str,
    /// Words of the line about the first of these kinds.
    line: &'static str,
}

fn secure() -> Proven {
    proven(DnssecStatus::Secure)
}

fn proven(status: DnssecStatus) -> Proven {
    let reason = (status != DnssecStatus::Secure).then(|| "the validator's words".to_owned());
    Proven { status, reason }
}

/// `3 1 1` and this byte, 32 times.
fn tlsa(byte: u8) -> TlsaRecord {
    TlsaRecord { usage: 3, selector: 1, matching_type: 1, data: vec![byte; 32] }
}

fn of_host(host: &str, answer: TlsaAnswer) -> HostTlsa {
    HostTlsa {
        host: Host::Name(host.to_owned()),
        addresses: secure(),
        alias_of: None,
        asked: format!("_25._tcp.{host}"),
        answer,
    }
}

fn signed(host: &str, records: &[TlsaRecord]) -> HostTlsa {
    of_host(host, TlsaAnswer::Records { proven: secure(), records: records.to_vec() })
}

fn promises(hosts: Vec<HostTlsa>) -> Promises {
    Promises {
        name: "example.org".to_owned(),
        is_domain: true,
        passage: DnssecPassage::Passed,
        name_server: None,
        passage_detail: None,
        dane: Some(Dane { exchangers: Some(secure()), hosts }),
        mta_sts: Some(MtaSts { record: PolicyRecord::None, url: String::new(), policy: None }),
        tls_reporting: Some(TlsReporting { record: PolicyRecord::None }),
        agent_config: Some(AgentConfig {
            record: PolicyRecord::None,
            url: String::new(),
            servers: None,
            sha256: None,
            right: None,
        }),
        duration: Duration::ZERO,
    }
}

fn with_exchangers(status: DnssecStatus, hosts: Vec<HostTlsa>) -> Promises {
    let mut promises = promises(hosts);
    promises.dane.as_mut().unwrap().exchangers = Some(proven(status));
    promises
}

fn passing(passage: DnssecPassage, name_server: Option<&str>) -> Promises {
    let dane = Dane { exchangers: Some(proven(DnssecStatus::CannotTell)), hosts: Vec::new() };
    let passage_detail = name_server.map(|server| format!("{server}: no RRSIG beside the DNSKEY of the root"));
    let name_server = name_server.map(|server| server.parse().unwrap());
    Promises { passage, name_server, passage_detail, dane: Some(dane), ..promises(Vec::new()) }
}

fn mx(host: &str, observation: Observation) -> Observation {
    from(Source::Mx, on(host, observation))
}

fn good() -> Observation {
    mx(MX, healthy(Service::Smtp))
}

fn bad(faults: &[CertificateFault]) -> Observation {
    mx(MX, faulty(Service::Smtp, faults))
}

fn self_signed() -> Observation {
    bad(&[CertificateFault::SelfSigned])
}

fn without_tls() -> Observation {
    mx(MX, unencrypted(Service::Smtp))
}

fn promised(observation: &mut Observation) -> &mut Promised {
    observation.promised.get_or_insert_default()
}

/// With these records published and judged, and a key of all `cc`.
fn held(mut observation: Observation, chain: DaneChain, records: &[(TlsaRecord, RecordJudgement)]) -> Observation {
    let name = format!("_25._tcp.{}", observation.endpoint.host);
    promised(&mut observation).dane = Some(DaneJudgement {
        name,
        is_binding: true,
        chain,
        published: records.iter().map(|(record, _)| record.clone()).collect(),
        records: records.iter().map(|(_, what)| what.clone()).collect(),
        right: Some(tlsa(0xcc)),
    });
    observation
}

const BY_KEY: RecordJudgement = RecordJudgement::Match(MatchedBy::Server);
const OTHER_KEY: RecordJudgement = RecordJudgement::NoMatch(None);

fn matching(observation: Observation) -> Observation {
    held(observation, DaneChain::Matches, &[(tlsa(0xcc), BY_KEY)])
}

fn mismatching(observation: Observation) -> Observation {
    held(observation, DaneChain::Mismatches, &[(tlsa(0xaa), OTHER_KEY)])
}

fn chained(observation: Observation, chain: DaneChain) -> Observation {
    held(observation, chain, &[])
}

fn covered(mode: MtaStsMode, mut observation: Observation) -> Observation {
    let patterns = vec!["mx1.example.org".to_owned()];
    let pattern = patterns.iter().find(|pattern| **pattern == observation.endpoint.host.to_string()).cloned();
    promised(&mut observation).mta_sts = Some(MtaStsCoverage { mode, patterns, pattern });
    observation
}

/// With a certificate that was issued so many days later.
fn issued(days: i64, mut observation: Observation) -> Observation {
    for attempt in &mut observation.attempts {
        let facts = attempt.tls.as_mut().and_then(|tls| tls.certificate.as_mut()).expect("a certificate");
        (facts.not_before, facts.sha256) = (facts.not_before + days * DAY, format!("issued {days} days later"));
    }
    observation
}

fn text<T>(record: T) -> PolicyRecord<T> {
    PolicyRecord::Good { text: "as written".to_owned(), record, remarks: Vec::new() }
}

fn faulty_record<T>(fault: RecordFault) -> PolicyRecord<T> {
    PolicyRecord::Faulty { texts: vec!["v=\u{1b}[31mX".to_owned()], faults: vec![fault] }
}

fn failed_record<T>() -> PolicyRecord<T> {
    PolicyRecord::Failed(LookupFailure::new(LookupFailureKind::TimedOut, "no answer"))
}

/// Unsigned, with this for MTA-STS.
fn sts(record: PolicyRecord<String>, policy: Option<Result<MtaStsPolicy, PolicyFailure>>) -> Promises {
    let url = "https://mta-sts.example.org/.well-known/mta-sts.txt".to_owned();
    let insecure = with_exchangers(DnssecStatus::Insecure, Vec::new());
    Promises { mta_sts: Some(MtaSts { record, url, policy }), ..insecure }
}

fn policy(mode: MtaStsMode, faults: Vec<PolicyFault>) -> Promises {
    let policy = MtaStsPolicy { mode, hosts: vec![MX.to_owned()], max_age: 604_800, faults };
    sts(text("1".to_owned()), Some(Ok(policy)))
}

fn unfetched(failure: PolicyFailure) -> Promises {
    sts(text("1".to_owned()), Some(Err(failure)))
}

fn reporting(record: PolicyRecord<Vec<String>>) -> Promises {
    let insecure = with_exchangers(DnssecStatus::Insecure, Vec::new());
    Promises { tls_reporting: Some(TlsReporting { record }), ..insecure }
}

fn settings(digest: u8, servers: Result<Vec<NamedServer>, AgentConfigFailure>, sha256: Option<u8>) -> Promises {
    let published = AgentConfigDigest { algorithm: "sha256".to_owned(), digest: vec![digest; 32] };
    let config = AgentConfig {
        record: text(vec![published]),
        url: "https://ua-auto-config.example.org/.well-known/user-agent-configuration.json".to_owned(),
        servers: Some(servers),
        sha256: sha256.map(|byte| vec![byte; 32]),
        right: sha256.map(|byte| format!("v=UAAC1; a=sha256; d={byte}")),
    };
    Promises { agent_config: Some(config), ..with_exchangers(DnssecStatus::Insecure, Vec::new()) }
}

impl Row {
    fn with_verdicts(self, verdicts: &'static [Verdict]) -> Self {
        Self { verdicts, ..self }
    }

    fn with_exit_code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    fn judged(self) -> Report {
        let mut evidence = evidence(TargetKind::Domain, self.seen);
        evidence.promises = Some(self.promises);
        judged(vec![evidence], &ALL)
    }
}

#[test]
fn a_promise_and_what_was_seen_come_to_an_outcome_a_verdict_and_a_sentence() {
    for row in rows::of_dane().into_iter().chain(rows::of_the_others()) {
        let Row { name, outcomes, verdicts, target, exit_code, first, line, .. } = row;
        let report = row.judged();
        let found = &report.targets[0];
        for (kind, outcome) in outcomes {
            let policy = found.policies.iter().find(|policy| policy.kind == *kind).expect("a line for each kind");
            assert_eq!(policy.outcome, *outcome, "{name}: {policy:?}");
        }
        let told = found.policies.iter().find(|policy| policy.kind == outcomes[0].0).expect("a line");
        assert!(told.sentence().contains(line), "{name}: {}", told.sentence());
        let each: Vec<Verdict> = found.endpoints.iter().map(|one| one.verdict).collect();
        assert_eq!(
            (each.as_slice(), found.verdict, report.exit_code),
            (verdicts, target, exit_code),
            "{name}: {found:#?}"
        );
        assert!(found.conclusion.starts_with(first), "{name}: {}", found.conclusion);
        // Strangers' words are evidence alone.
        let texts = found.causes.iter().flat_map(|cause| [Some(&cause.message), cause.hint.as_ref()]).flatten();
        for text in texts.chain([&found.conclusion]).chain(found.policies.iter().map(|policy| &policy.clause)) {
            assert!(!text.contains(char::is_control) && !text.contains("elsewhere.example"), "{name}: {text}");
        }
        assert_eq!(found.policies.len(), 4, "{name}");
    }
}

fn target_of(promises: Promises, seen: Vec<Observation>) -> JudgedTarget {
    let mut evidence = evidence(TargetKind::Domain, seen);
    evidence.promises = Some(promises);
    judged(vec![evidence], &ALL).targets.remove(0)
}

#[test]
fn the_record_that_would_be_right_is_told() {
    let target = target_of(promises(vec![signed(MX, &[tlsa(0xaa)])]), vec![mismatching(self_signed())]);
    let [cause] = &target.causes.iter().filter(|cause| cause.severity < Severity::Info).collect::<Vec<_>>()[..] else {
        panic!("one cause: {:#?}", target.causes)
    };
    assert_eq!((cause.id, &cause.ports, cause.addresses.len()), (FindingId::DaneMismatch, &vec![25], 1));
    let hint = cause.hint.as_deref().expect("what to do");
    let line = format!("_25._tcp.mx1.example.org. IN TLSA 3 1 1 {}", "cc".repeat(32));
    assert!(hint.contains(&line) && hint.contains("--reuse-key"), "{hint}");
    assert_eq!(target.hints, [hint], "nobody is sent to a public CA");
    let seen =
        format!("_25._tcp.mx1.example.org: 3 1 1 {}; of the key in use: 3 1 1 {}", "aa".repeat(32), "cc".repeat(32));
    assert_eq!(cause.evidence, [seen]);
}

#[test]
fn where_one_address_has_the_right_key_nobody_is_told_to_touch_the_records() {
    let older = vec![mismatching(good()), at(SECOND, matching(issued(30, good())))];
    let hints = target_of(promises(vec![signed(MX, &[tlsa(0xcc)])]), older).hints;
    let advice = hints.join(" ");
    assert!(advice.contains("Install the certificate and key of 192.0.2.6 at 192.0.2.5"), "{advice}");
    assert!(advice.contains("leave them as they are") && !advice.contains("IN TLSA"), "{advice}");
    let newer = vec![mismatching(issued(30, good())), at(SECOND, matching(good()))];
    let hints = target_of(promises(vec![signed(MX, &[tlsa(0xcc)])]), newer).hints;
    let advice = hints.join(" ");
    assert!(advice.contains("IN TLSA 3 1 1 cc") && advice.contains("Keep the old record until 192.0.2.6"), "{advice}");
}

/// Two certificates of the same day were made for two machines: none of them is the next one.
#[test]
fn where_two_keys_were_made_together_none_is_called_older() {
    let mut beside = matching(good());
    let facts = beside.attempts[0].tls.as_mut().and_then(|tls| tls.certificate.as_mut()).expect("a certificate");
    (facts.not_before, facts.sha256) = (facts.not_before + 60, "another".to_owned());
    let target = target_of(promises(vec![signed(MX, &[tlsa(0xcc)])]), vec![mismatching(good()), at(SECOND, beside)]);
    let advice = target.hints.join(" ");
    assert!(advice.starts_with("Make 192.0.2.5 use the same key as 192.0.2.6"), "{advice}");
    assert!(advice.contains("IN TLSA 3 1 1 cc") && !advice.contains("beside the old"), "{advice}");
    let known = |id| target.causes.iter().any(|cause| cause.id == id);
    assert!(!known(FindingId::CertificatesDiffer), "it is said already: {:#?}", target.causes);
}

#[test]
fn where_the_authority_is_right_the_certificate_is_to_be_renewed_and_not_the_record() {
    let by_authority = TlsaRecord { usage: 2, ..tlsa(0xaa) };
    let why = "the authority is the right one, but the server's certificate expired on 2026-01-01";
    let what = RecordJudgement::NoMatch(Some(why.to_owned()));
    let expired = mx(MX, faulty(Service::Smtp, &[CertificateFault::Expired]));
    let seen = held(expired, DaneChain::Mismatches, &[(by_authority.clone(), what)]);
    let target = target_of(promises(vec![signed(MX, &[by_authority])]), vec![seen]);
    let advice = target.hints.join(" ");
    assert!(advice.contains("Leave the TLSA record as it is") && advice.contains("Renew it"), "{advice}");
    assert!(!format!("{:#?}", target.causes).contains("IN TLSA"), "{:#?}", target.causes);
    assert!(target.conclusion.contains("from the authority that the TLSA record names"), "{}", target.conclusion);
}

#[test]
fn where_mta_sts_wants_a_public_ca_nobody_is_told_to_trust_the_certificate_here() {
    for mode in [Enforce, MtaStsMode::Testing] {
        let target = target_of(policy(mode, Vec::new()), vec![covered(mode, self_signed())]);
        assert!(target.hints.iter().any(|hint| hint.contains("a certificate of a public CA")), "{:?}", target.hints);
        let advice: Vec<_> = target.causes.iter().filter_map(|cause| cause.hint.as_deref()).collect();
        assert!(advice.iter().all(|hint| !hint.contains("--ca-file")), "{advice:?}");
    }
}

#[test]
fn what_was_published_in_vain_is_in_the_sentence_about_the_domain() {
    let target = target_of(sts(text("1".to_owned()), Some(Err(PolicyFailure::Status(404)))), vec![good()]);
    assert_eq!(
        target.conclusion,
        "Port 25 works. The MTA-STS policy of example.org cannot be fetched: the web server answers with the status 404."
    );
}

#[test]
fn what_dane_vouches_for_needs_no_other_certificate() {
    let target = target_of(promises(vec![signed(MX, &[tlsa(0xcc)])]), vec![matching(self_signed())]);
    assert_eq!(target.hints, [""; 0], "nothing is to be done");
    let found = &target.endpoints[0].diagnosis;
    assert_eq!(found.state, State::CertificateInvalid, "the state stays what it is");
    assert!(found.findings.iter().all(|finding| finding.severity == Severity::Info), "{found:#?}");
    let known = |id| target.causes.iter().any(|cause| cause.id == id);
    assert!(known(FindingId::DaneMatch) && known(FindingId::DaneOneRecord), "{:#?}", target.causes);
    // On another port nothing vouches for it.
    let beside = vec![matching(self_signed()), mx(MX, faulty(Service::Submissions, &[CertificateFault::SelfSigned]))];
    assert_eq!(target_of(promises(vec![signed(MX, &[tlsa(0xcc)])]), beside).endpoints[1].verdict, Fail);
}

#[test]
fn somebody_on_the_way_is_not_taken_for_the_server() {
    let mut shielded = mismatching(self_signed());
    let certificate = shielded.attempts[0].tls.as_mut().and_then(|tls| tls.certificate.as_mut()).expect("one");
    certificate.issuer = "O=Zscaler, CN=Zscaler Root".to_owned();
    let target = target_of(promises(vec![signed(MX, &[tlsa(0xaa)])]), vec![covered(Enforce, shielded)]);
    let ids: Vec<FindingId> = target.causes.iter().map(|cause| cause.id).collect();
    assert!(ids.contains(&FindingId::InterceptionSuspected), "{ids:?}");
    assert!(!ids.contains(&FindingId::DaneMismatch) && !ids.contains(&FindingId::MtaStsCertificateInvalid), "{ids:?}");
    assert_eq!((target.verdict, target.policies[0].outcome), (Warn, CannotTell), "{:?}", target.policies);
}

#[test]
fn no_expectation_asks_for_a_broken_promise() {
    let mut evidence = evidence(TargetKind::Domain, vec![mismatching(good())]);
    evidence.promises = Some(promises(vec![signed(MX, &[tlsa(0xaa)])]));
    let mut policy = ALL;
    policy.expectations.ports.insert(25, Expected::StartTls);
    let run = judged(vec![evidence], &policy);
    assert_eq!((run.verdict, run.exit_code), (Fail, 1));
}

#[test]
fn a_host_on_its_own_has_one_line() {
    let host = Promises {
        is_domain: false,
        mta_sts: None,
        tls_reporting: None,
        agent_config: None,
        ..passing(DnssecPassage::Stripped, None)
    };
    let target = target_of(host, vec![from(Source::User, healthy(Service::Smtp))]);
    assert_eq!((target.policies.len(), target.policies[0].outcome), (1, CannotTell));
    assert_eq!((target.findings, target.verdict), (Vec::new(), Pass));
}

#[test]
fn without_promises_nothing_changes() {
    let seen = || vec![self_signed(), mx(MX2, healthy(Service::Smtp)), without_tls()];
    let without = run(seen(), ALL).targets.remove(0);
    let unknown = target_of(
        Promises {
            dane: None,
            mta_sts: None,
            tls_reporting: None,
            agent_config: None,
            ..passing(DnssecPassage::Unknown, None)
        },
        seen(),
    );
    assert_eq!(without.policies, []);
    assert_eq!(without.endpoints, unknown.endpoints);
    assert_eq!((without.conclusion, without.verdict), (unknown.conclusion, unknown.verdict));
    assert!(unknown.policies.iter().all(|policy| policy.outcome == CannotTell), "{:?}", unknown.policies);
    assert_eq!(unknown.policies.len(), 4);
}

/// The words that the only warning about the target has, and its evidence.
fn warning(promises: Promises) -> (String, String) {
    let target = target_of(promises, vec![good()]);
    let warned: Vec<_> = target.findings.iter().filter(|finding| finding.severity == Severity::Warning).collect();
    let [finding] = warned[..] else { panic!("one warning: {:?}", target.findings) };
    (finding.message.clone(), finding.evidence.clone().unwrap_or_default())
}

#[test]
fn each_fault_of_a_record_or_a_policy_has_its_own_words() {
    use PolicyFailure::{Certificate, Connect, Lookup, Redirect, Status, TimedOut, Tls, TooLarge, Unusable};
    const HOSTILE: &str = "said by a stranger";
    let hostile = || HOSTILE.to_owned();
    let records = || {
        vec![
            (RecordFault::Several(2), "there are 2 of them"),
            (RecordFault::BadVersion, "it does not begin with `v="),
            (RecordFault::Missing("id"), "the field `id` is missing"),
            (RecordFault::Twice(hostile()), "it gives a field more than once"),
            (
                RecordFault::BadValue { field: "id", value: hostile(), allowed: "letters and digits" },
                "the value of `id` is not allowed (it must be letters and digits)",
            ),
            (RecordFault::Malformed(hostile()), "not made of fields"),
            (RecordFault::Foreign(hostile()), "a record of another kind"),
            (RecordFault::WrongName("_dmarc"), "belongs at `_dmarc`"),
        ]
    };
    let fault = |fault| Unusable(vec![fault]);
    let failures = vec![
        (Lookup(hostile()), "mta-sts.example.org has no address"),
        (Connect(hostile()), "no connection to mta-sts.example.org could be made from here"),
        (Tls(hostile()), "the TLS handshake with mta-sts.example.org failed"),
        (Certificate(hostile()), "the certificate of mta-sts.example.org is not valid for it"),
        (Status(404), "the status 404"),
        (Redirect(hostile()), "the web server redirects"),
        (TooLarge(65_536), "larger than 65536 bytes"),
        (TimedOut(1), "within 1 second here"),
        (PolicyFailure::Broken(hostile()), "the request failed"),
        (fault(PolicyFault::ContentType(Some(hostile()))), "its content type is not text/plain"),
        (fault(PolicyFault::ContentType(None)), "without the content type"),
        (fault(PolicyFault::NotAPolicy(Some(hostile()))), "the file is no policy"),
        (fault(PolicyFault::BadLine(hostile())), "a line is not of the form"),
        (fault(PolicyFault::Missing("mode")), "the line `mode:` is missing"),
        (fault(PolicyFault::Twice(hostile())), "it gives a field more than once"),
        (
            fault(PolicyFault::BadValue { field: "mode", value: hostile(), allowed: "one of three words" }),
            "the value of `mode` is not allowed (it must be one of three words)",
        ),
        (fault(PolicyFault::BadPattern(hostile())), "an `mx` line matches no host"),
        (fault(PolicyFault::ShortLife(60)), "only 60 seconds"),
        (fault(PolicyFault::Unknown(hostile())), "a field that senders do not know"),
    ];
    let mut rows: Vec<(Promises, &str)> = Vec::new();
    rows.extend(records().into_iter().map(|(fault, words)| (sts(faulty_record(fault), None), words)));
    rows.extend(records().into_iter().map(|(fault, words)| (reporting(faulty_record(fault)), words)));
    rows.extend(failures.into_iter().map(|(failure, words)| (unfetched(failure), words)));
    let mut messages = Vec::new();
    for (promises, words) in rows {
        let is_quoted = format!("{promises:?}").contains(HOSTILE);
        let (message, evidence) = warning(promises);
        assert!(message.contains(words), "{words}: {message}");
        assert_eq!(
            (message.contains(HOSTILE), evidence.contains(HOSTILE)),
            (false, is_quoted),
            "{message}: {evidence}"
        );
        assert!(!messages.contains(&message), "{message}");
        messages.push(message);
    }
}

#[test]
fn a_file_whose_digest_agrees_is_kept_as_far_as_its_servers_work() {
    // What the file names, what was seen; the outcome, and words of its line.
    type Row<'a> = (&'a str, Vec<NamedServer>, Vec<Observation>, PolicyOutcome, &'a str);
    let server = |host: &str| NamedServer {
        host: Host::Name(host.to_owned()),
        port: 993,
        service: Service::Imaps,
        security: Service::Imaps.security(),
    };
    let imap = |observation| on("imap.example.org", from(Source::Pacc, observation));
    let rows: Vec<Row<'_>> = vec![
        ("works", vec![server("imap.example.org")], vec![imap(healthy(Service::Imaps))], Kept, "that it names work"),
        (
            "refused",
            vec![server("imap.example.org")],
            vec![imap(refused(Service::Imaps))],
            Broken,
            "imap.example.org:993, which the file names, does not work",
        ),
        (
            "bad certificate at one of two addresses",
            vec![server("imap.example.org")],
            vec![imap(healthy(Service::Imaps)), at(SECOND, imap(faulty(Service::Imaps, &[CertificateFault::Expired])))],
            Broken,
            "does not work",
        ),
        (
            "silence, which may be this network's",
            vec![server("imap.example.org")],
            vec![imap(dropped(Service::Imaps))],
            CannotTell,
            "cannot tell whether imap.example.org:993, which the file names, works, since it was not reached from here",
        ),
        ("left out", vec![server("imap.example.org")], vec![], Kept, "imap.example.org:993 was not checked"),
        ("names nobody", vec![], vec![], Kept, "it names no server"),
    ];
    for (name, servers, seen, outcome, words) in rows {
        let target = target_of(settings(7, Ok(servers), Some(7)), [vec![good()], seen].concat());
        let pacc = target.policies.iter().find(|policy| policy.kind == PolicyKind::AgentConfig).expect("a line");
        assert_eq!(pacc.outcome, outcome, "{name}: {pacc:?}");
        assert!(pacc.clause.contains(words), "{name}: {}", pacc.clause);
    }
}

#[test]
fn a_flood_of_strangers_text_is_cut() {
    let (_, evidence) = warning(sts(faulty_record(RecordFault::Malformed("x".repeat(100_000))), None));
    assert!(evidence.chars().count() <= 601 && evidence.ends_with('…'), "{}", evidence.len());
}
