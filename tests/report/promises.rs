//! What a domain promises about its servers: runs made by hand, and how they are shown.

use std::time::Duration;

use mailprobe::internals::diagnosis::{FindingId, Severity};
use mailprobe::internals::observation::discovery::{Discovery, NamedServer};
use mailprobe::internals::observation::promises::{
    AgentConfig, AgentConfigDigest, Dane, DaneChain, DaneJudgement, DnssecPassage, DnssecStatus, HostTlsa, MatchedBy,
    MtaSts, MtaStsCoverage, MtaStsMode, MtaStsPolicy, PolicyFailure, PolicyFault, PolicyRecord, Promised, Promises,
    Proven, RecordFault, RecordJudgement, TlsReporting, TlsaAnswer, TlsaRecord, UnusableTlsa,
};
use mailprobe::internals::observation::{LookupFailure, LookupFailureKind};
use mailprobe::internals::policy::{JudgedPolicy, JudgedTarget, PolicyKind, PolicyOutcome, Report, Verdict};
use mailprobe::internals::report::human::{Detail, render};
use mailprobe::internals::report::model::Contents;
use mailprobe::internals::report::style::Style;
use mailprobe::internals::report::{json, markdown, prometheus};
use mailprobe::internals::service::Service;
use mailprobe::internals::target::{Host, Source, TargetKind};
use serde_json::Value;

use crate::assert_committed;
use crate::samples::{V4, V6, finding, run, target, works};

const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };
const MX1: &str = "mx1.example.org";
const MX2: &str = "mx2.example.org";

/// Every situation with its name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("promises-kept", kept()),
        ("promises-broken", broken()),
        ("promises-unknown", unknown()),
        ("promises-none", none()),
        ("promises-hostile", hostile()),
        ("promises-host", host_alone()),
    ]
}

/// A domain that promises everything and keeps it.
pub(crate) fn kept() -> Report {
    let mut domain = domain(Verdict::Pass, "example.org takes mail at both of its MX hosts, with TLS.");
    hold(&mut domain, MX1, &DaneChain::Matches, &RecordJudgement::Match(MatchedBy::Server));
    hold(&mut domain, MX2, &DaneChain::Matches, &RecordJudgement::Match(MatchedBy::Authority(1)));
    domain.promises = Some(promises());
    domain.policies = vec![
        judged(PolicyKind::Dane, PolicyOutcome::Kept, "DANE: kept at both hosts", None),
        judged(PolicyKind::MtaSts, PolicyOutcome::Kept, "MTA-STS: enforce, kept at both hosts", None),
        judged(
            PolicyKind::TlsReporting,
            PolicyOutcome::Kept,
            "TLS reporting: reports go to mailto:tls@example.org",
            None,
        ),
        judged(PolicyKind::AgentConfig, PolicyOutcome::Kept, "PACC: kept, the file and its digest agree", None),
    ];
    run(vec![domain])
}

/// A domain one of whose hosts has a new key and an old TLSA record, and which publishes little else.
pub(crate) fn broken() -> Report {
    let sentence = "Senders who check DANE defer mail to mx1.example.org now: port 25 at 192.0.2.5 shows another key \
                    than its TLSA record promises.";
    let mut domain = domain(Verdict::Fail, sentence);
    hold(&mut domain, MX1, &DaneChain::Mismatches, &RecordJudgement::NoMatch(None));
    hold(&mut domain, MX2, &DaneChain::Matches, &RecordJudgement::Match(MatchedBy::Server));
    let failure = PolicyFailure::Unusable(vec![
        PolicyFault::Missing("max_age"),
        PolicyFault::BadValue { field: "mode", value: "strict".to_owned(), allowed: "enforce, testing or none" },
    ]);
    let mut found = promises();
    found.mta_sts = found.mta_sts.map(|mta_sts| MtaSts { policy: Some(Err(failure)), ..mta_sts });
    found.tls_reporting = Some(TlsReporting { record: PolicyRecord::None });
    found.agent_config =
        Some(AgentConfig { record: PolicyRecord::None, servers: None, sha256: None, right: None, ..pacc() });
    domain.promises = Some(found);
    domain.policies = vec![
        judged(
            PolicyKind::Dane,
            PolicyOutcome::Broken,
            "DANE: what mx1.example.org shows at 192.0.2.5 does not match its TLSA records, so senders who check it \
             defer mail",
            Some(FindingId::AddressFamilyLookupFailed),
        ),
        judged(
            PolicyKind::MtaSts,
            PolicyOutcome::Broken,
            "MTA-STS: the policy cannot be used: the line `max_age:` is missing",
            Some(FindingId::AddressFamilyLookupFailed),
        ),
        judged(PolicyKind::TlsReporting, PolicyOutcome::None, "TLS reporting: none", None),
        judged(PolicyKind::AgentConfig, PolicyOutcome::None, "PACC: none", None),
    ];
    for one in &mut domain.endpoints {
        if one.observation.endpoint.host == Host::Name(MX1.to_owned()) {
            one.verdict = Verdict::Fail;
            let hint = Some("Publish the record for the key that is shown.");
            one.diagnosis.findings.push(finding(Severity::Error, sentence, None, hint));
        }
    }
    run(vec![domain])
}

/// A name server that passes on no signatures.
pub(crate) fn unknown() -> Report {
    let mut domain = domain(Verdict::Pass, "example.org takes mail at both of its MX hosts, with TLS.");
    let failure = LookupFailure { kind: LookupFailureKind::TimedOut, message: "no answer from 192.0.2.53".to_owned() };
    let asked = Promises {
        passage: DnssecPassage::Stripped,
        name_server: Some("192.0.2.53".parse().expect("an address")),
        passage_detail: Some("192.0.2.53".to_owned()),
        dane: None,
        mta_sts: Some(MtaSts { record: PolicyRecord::Failed(failure), policy: None, ..mta_sts() }),
        ..promises()
    };
    domain.promises = Some(asked);
    domain.policies = vec![
        judged(
            PolicyKind::Dane,
            PolicyOutcome::CannotTell,
            "DANE: cannot tell: no DNSSEC from the name server 192.0.2.53",
            None,
        ),
        judged(
            PolicyKind::MtaSts,
            PolicyOutcome::CannotTell,
            "MTA-STS: cannot tell, since the record at _mta-sts.example.org could not be looked up",
            None,
        ),
        judged(
            PolicyKind::TlsReporting,
            PolicyOutcome::Kept,
            "TLS reporting: reports go to mailto:tls@example.org",
            None,
        ),
        judged(PolicyKind::AgentConfig, PolicyOutcome::Kept, "PACC: kept, the file and its digest agree", None),
    ];
    run(vec![domain])
}

/// A domain that promises nothing, as most do.
pub(crate) fn none() -> Report {
    let mut domain = domain(Verdict::Pass, "example.org takes mail at both of its MX hosts, with TLS.");
    let insecure =
        || Proven { status: DnssecStatus::Insecure, reason: Some("no DS record for example.org".to_owned()) };
    let without = |name: &str| HostTlsa {
        addresses: insecure(),
        answer: TlsaAnswer::NotAsked("the MX records are not signed".to_owned()),
        ..tlsa(name, Vec::new())
    };
    domain.promises = Some(Promises {
        dane: Some(Dane { exchangers: Some(insecure()), hosts: vec![without(MX1), without(MX2)] }),
        mta_sts: Some(MtaSts { record: PolicyRecord::None, policy: None, ..mta_sts() }),
        tls_reporting: Some(TlsReporting { record: PolicyRecord::None }),
        agent_config: Some(AgentConfig {
            record: PolicyRecord::None,
            servers: None,
            sha256: None,
            right: None,
            ..pacc()
        }),
        ..promises()
    });
    domain.policies = vec![
        judged(PolicyKind::Dane, PolicyOutcome::None, "DANE: none, since the MX records are not signed (DNSSEC)", None),
        judged(PolicyKind::MtaSts, PolicyOutcome::None, "MTA-STS: none", None),
        judged(PolicyKind::TlsReporting, PolicyOutcome::None, "TLS reporting: none", None),
        judged(PolicyKind::AgentConfig, PolicyOutcome::None, "PACC: none", None),
    ];
    run(vec![domain])
}

/// A zone that tries to paint on the terminal.
pub(crate) fn hostile() -> Report {
    let attack = "\x1b]0;owned\x07\x1b[2J\u{202e}\u{9b}31m\r\n::error::x ##[error]\u{2028}";
    let mut report = broken();
    for target in &mut report.targets {
        let found = target.promises.as_mut().expect("promises");
        found.passage_detail = Some(attack.to_owned());
        found.mta_sts = Some(MtaSts {
            record: PolicyRecord::Faulty {
                texts: vec![attack.repeat(200)],
                faults: vec![RecordFault::Malformed(attack.to_owned()), RecordFault::Several(2)],
            },
            url: attack.to_owned(),
            policy: Some(Err(PolicyFailure::Certificate(attack.to_owned()))),
        });
        if let Some(dane) = &mut found.dane {
            for host in &mut dane.hosts {
                host.alias_of = Some(attack.to_owned());
                attack.clone_into(&mut host.asked);
                host.addresses.reason = Some(attack.to_owned());
            }
        }
        for policy in &mut target.policies {
            policy.clause.push_str(attack);
        }
    }
    report
}

/// A host on its own, with a TLSA record that matches.
pub(crate) fn host_alone() -> Report {
    let mut host = target(MX1, Verdict::Pass, "Port 25 works.", &[], vec![works(MX1, V4, Service::Smtp)]);
    hold(&mut host, MX1, &DaneChain::Matches, &RecordJudgement::Match(MatchedBy::Server));
    host.promises = Some(Promises {
        name: MX1.to_owned(),
        is_domain: false,
        dane: Some(Dane { exchangers: None, hosts: vec![tlsa(MX1, vec![record(1)])] }),
        mta_sts: None,
        tls_reporting: None,
        agent_config: None,
        ..promises()
    });
    host.policies = vec![judged(PolicyKind::Dane, PolicyOutcome::Kept, "DANE: kept at mx1.example.org", None)];
    run(vec![host])
}

fn domain(verdict: Verdict, conclusion: &str) -> JudgedTarget {
    let hosts = [works(MX1, V4, Service::Smtp), works(MX2, V6, Service::Smtp)];
    let mut domain = target("@example.org", verdict, conclusion, &[], hosts.to_vec());
    for judged in &mut domain.endpoints {
        judged.observation.endpoint.sources = vec![Source::Mx];
    }
    domain.kind = TargetKind::Domain;
    domain.discovery = Some(Discovery {
        domain: "example.org".to_owned(),
        consultations: Vec::new(),
        oddities: Vec::new(),
        provider: None,
        logins: Vec::new(),
    });
    domain
}

/// Notes at a host's endpoints what the certificates are to its first record.
fn hold(target: &mut JudgedTarget, host: &str, chain: &DaneChain, first: &RecordJudgement) {
    let own = target.endpoints.iter_mut().filter(|one| one.observation.endpoint.host.to_string() == host);
    for judged in own {
        judged.observation.promised = Some(Box::new(Promised {
            dane: Some(DaneJudgement {
                name: format!("_25._tcp.{host}"),
                is_binding: true,
                chain: chain.clone(),
                published: vec![record(1), TlsaRecord { usage: 1, ..record(2) }],
                records: vec![first.clone(), RecordJudgement::Unusable(UnusableTlsa::Usage)],
                right: Some(record(3)),
            }),
            mta_sts: Some(MtaStsCoverage {
                mode: MtaStsMode::Enforce,
                patterns: vec!["*.example.org".to_owned()],
                pattern: Some("*.example.org".to_owned()),
            }),
        }));
    }
}

fn promises() -> Promises {
    Promises {
        name: "example.org".to_owned(),
        is_domain: true,
        passage: DnssecPassage::Passed,
        name_server: Some("192.0.2.53".parse().expect("an address")),
        passage_detail: Some("192.0.2.53".to_owned()),
        dane: Some(Dane {
            exchangers: Some(secure()),
            hosts: vec![tlsa(MX1, vec![record(1), TlsaRecord { usage: 1, ..record(2) }]), tlsa(MX2, vec![record(1)])],
        }),
        mta_sts: Some(mta_sts()),
        tls_reporting: Some(TlsReporting {
            record: good("v=TLSRPTv1; rua=mailto:tls@example.org", vec!["mailto:tls@example.org".to_owned()]),
        }),
        agent_config: Some(pacc()),
        duration: Duration::from_millis(84),
    }
}

fn mta_sts() -> MtaSts {
    MtaSts {
        record: good("v=STSv1; id=20261101T000000", "20261101T000000".to_owned()),
        url: "https://mta-sts.example.org/.well-known/mta-sts.txt".to_owned(),
        policy: Some(Ok(MtaStsPolicy {
            mode: MtaStsMode::Enforce,
            hosts: vec!["*.example.org".to_owned()],
            max_age: 604_800,
            faults: vec![PolicyFault::Unknown("comment".to_owned())],
        })),
    }
}

fn pacc() -> AgentConfig {
    AgentConfig {
        record: good(
            "v=UAAC1; a=sha256; d=q6urq6s",
            vec![AgentConfigDigest { algorithm: "sha256".to_owned(), digest: vec![0xab; 32] }],
        ),
        url: "https://ua-auto-config.example.org/.well-known/user-agent-configuration.json".to_owned(),
        servers: Some(Ok(vec![NamedServer {
            host: Host::Name("imap.example.org".to_owned()),
            port: 993,
            service: Service::Imaps,
            security: Service::Imaps.security(),
        }])),
        sha256: Some(vec![0xab; 32]),
        right: Some("v=UAAC1; a=sha256; d=q6urq6s".to_owned()),
    }
}

fn good<T>(text: &str, record: T) -> PolicyRecord<T> {
    PolicyRecord::Good { text: text.to_owned(), record, remarks: Vec::new() }
}

fn tlsa(host: &str, records: Vec<TlsaRecord>) -> HostTlsa {
    HostTlsa {
        host: Host::Name(host.to_owned()),
        addresses: secure(),
        alias_of: None,
        asked: format!("_25._tcp.{host}"),
        answer: TlsaAnswer::Records { proven: secure(), records },
    }
}

fn secure() -> Proven {
    Proven { status: DnssecStatus::Secure, reason: None }
}

fn record(number: u8) -> TlsaRecord {
    TlsaRecord { usage: 3, selector: 1, matching_type: 1, data: vec![number; 32] }
}

fn judged(kind: PolicyKind, outcome: PolicyOutcome, sentence: &str, finding: Option<FindingId>) -> JudgedPolicy {
    let (_, clause) = sentence.split_once(": ").expect("the kind stands before it");
    JudgedPolicy { kind, outcome, clause: clause.to_owned(), finding }
}

fn shown(report: &Report, detail: Detail) -> String {
    render(report, PLAIN, detail)
}

#[test]
fn every_kind_of_promise_has_a_line_and_what_is_not_made_shares_one() {
    for (name, text) in [
        ("promises-kept.verbose.txt", shown(&kept(), Detail::Verbose)),
        ("promises-broken.verbose.txt", shown(&broken(), Detail::Verbose)),
        ("promises-kept.narrow.txt", render(&kept(), Style { width: 40, ..PLAIN }, Detail::Normal)),
        ("promises-broken.ascii.txt", render(&broken(), Style { unicode: false, ..PLAIN }, Detail::Normal)),
        ("promises-broken.quiet.txt", shown(&broken(), Detail::Quiet)),
        ("promises-broken.md", markdown::render(&broken())),
        ("promises-broken.prom", prometheus::render(&broken())),
        ("promises-broken.json", json::render(&broken(), Contents::default()).expect("a document")),
    ] {
        assert_committed(&format!("tests/report/golden/{name}"), &text);
    }
    let text = shown(&none(), Detail::Normal);
    let told: Vec<&str> = text.lines().filter(|line| line.contains("DANE") || line.contains("Promises")).collect();
    assert_eq!(told, ["  Not published: DANE, MTA-STS, TLS reporting and PACC (mail program settings)"], "{text}");
}

#[test]
fn quiet_tells_broken_promises_alone() {
    let text = shown(&broken(), Detail::Quiet);
    assert!(text.contains("✗ DANE") && !text.contains("Not published"), "{text}");
    let mut warned = none();
    warned.targets[0].verdict = Verdict::Warn;
    let text = shown(&warned, Detail::Quiet);
    assert!(!text.contains("Not published") && !text.contains("Promises"), "{text}");
}

#[test]
fn nothing_is_said_where_nothing_was_looked_up() {
    let mut report = kept();
    for target in &mut report.targets {
        (target.promises, target.policies) = (None, Vec::new());
    }
    for detail in [Detail::Normal, Detail::Verbose] {
        let text = shown(&report, detail);
        assert!(!text.contains("Promises") && !text.contains("DNSSEC"), "{text}");
    }
    assert!(!markdown::render(&report).contains("Promises"));
    let document = document(&report);
    assert_eq!(document["targets"][0]["policies"], Value::Null);
}

#[test]
fn a_host_on_its_own_is_told_of_only_what_it_promises() {
    let text = shown(&host_alone(), Detail::Normal);
    assert!(text.contains("  ✓ DANE  kept at mx1.example.org") && !text.contains("Promises"), "{text}");
    for outcome in [PolicyOutcome::None, PolicyOutcome::CannotTell] {
        let mut report = host_alone();
        report.targets[0].policies[0].outcome = outcome;
        let text = shown(&report, Detail::Normal);
        assert!(!text.contains("DANE"), "{outcome}: {text}");
    }
}

#[test]
fn the_document_holds_evidence_and_outcome_of_each_kind() {
    let whole = document(&broken());
    let policies = &whole["targets"][0]["policies"];
    for (place, value) in [
        ("/dnssec/passage", "passed"),
        ("/dane/outcome", "broken"),
        ("/dane/exchangers/status", "secure"),
        ("/dane/hosts/0/asked", "_25._tcp.mx1.example.org"),
        ("/mta_sts/outcome", "broken"),
        ("/mta_sts/id", "20261101T000000"),
        ("/mta_sts/failure/kind", "unusable"),
        ("/mta_sts/failure/faults/1/detail", "mode: strict"),
        ("/tls_rpt/outcome", "none"),
        ("/pacc/record/found", "none"),
    ] {
        assert_eq!(policies.pointer(place).and_then(Value::as_str), Some(value), "{place}: {policies:#}");
    }
    let promised = &whole["targets"][0]["endpoints"][0]["promised"];
    assert_eq!(promised["dane"]["result"], "mismatch");
    assert_eq!(promised["dane"]["records"][0]["result"], "no-match");
    assert_eq!(promised["dane"]["records"][1]["reason"], "usage 0 or 1 is not for mail (RFC 7672, section 3.1.3)");
    assert_eq!(promised["dane"]["right"], format!("3 1 1 {}", "03".repeat(32)));
    assert_eq!(promised["mta_sts"]["pattern"], "*.example.org");

    // Without a certificate, no record is compared with anything.
    let mut silent = broken();
    for judged in &mut silent.targets[0].endpoints {
        let dane =
            judged.observation.promised.as_deref_mut().and_then(|promised| promised.dane.as_mut()).expect("DANE");
        (dane.chain, dane.records) = (DaneChain::NoTls, Vec::new());
    }
    let whole = document(&silent);
    let dane = &whole["targets"][0]["endpoints"][0]["promised"]["dane"];
    assert_eq!((&dane["result"], &dane["records"][0]["result"]), (&"no-tls".into(), &Value::Null), "{dane:#}");

    let whole = document(&unknown());
    let policies = &whole["targets"][0]["policies"];
    assert_eq!(policies["dnssec"]["passage"], "stripped");
    assert_eq!(
        (&policies["dane"]["outcome"], &policies["dane"]["hosts"]),
        (&"cannot-tell".into(), &Vec::<Value>::new().into())
    );
    assert_eq!(policies["mta_sts"]["record"]["failure"]["kind"], "timed-out");
    let whole = document(&host_alone());
    assert_eq!(whole["targets"][0]["policies"]["mta_sts"], Value::Null);
}

fn document(report: &Report) -> Value {
    let text = json::render(report, Contents::default()).expect("a document");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn each_kind_of_promise_is_one_series() {
    let text = prometheus::render(&broken());
    for (policy, outcome) in [("dane", "broken"), ("mta-sts", "broken"), ("tls-rpt", "none"), ("pacc", "none")] {
        let line = format!("mailprobe_policy{{target=\"@example.org\",policy=\"{policy}\",outcome=\"{outcome}\"}} 1\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    for (host, address, value) in [(MX1, V4, 0), (MX2, V6, 1)] {
        let line = format!(
            "mailprobe_dane_match{{target=\"@example.org\",host=\"{host}\",address=\"{address}\",port=\"25\"}} {value}\n"
        );
        assert!(text.contains(&line), "{line}{text}");
    }
    // Of the same target twice, the worst.
    let twice = run([kept(), broken()].into_iter().flat_map(|run| run.targets).collect());
    assert_eq!(prometheus::render(&twice).matches("policy=\"dane\"").count(), 1);
    assert!(prometheus::render(&twice).contains("policy=\"dane\",outcome=\"broken\""));
}

#[test]
fn records_without_a_signature_are_worth_a_word() {
    let mut report = none();
    report.targets[0].policies[0] = judged(
        PolicyKind::Dane,
        PolicyOutcome::None,
        "DANE: the TLSA records of mx1.example.org are not signed, so that no sender uses them",
        Some(FindingId::AddressFamilyLookupFailed),
    );
    let text = shown(&report, Detail::Normal);
    assert!(text.contains("  ! DANE  none: the TLSA records of mx1.example.org are not signed"), "{text}");
    assert!(text.contains("  - Not published: MTA-STS,"), "{text}");
}
