use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::diagnosis::tests::sample::{
    HOST, connect_failed, ended_by_dialogue, handshake_failed, healthy, looked, offering, reply, tls,
};
use DnssecStatus::{Bogus, CannotTell, Insecure, Secure};

use crate::observation::promises::{
    DnssecPassage, MatchedBy, MtaSts, MtaStsMode, MtaStsPolicy, PolicyFailure, PolicyRecord, UnusableTlsa,
};
use crate::observation::{
    ConnectFailureKind, LookupFailure, LookupFailureKind, Purpose, Stage, Status, TlsFailureKind,
};
use crate::target::{Host, Source};

const DOMAIN: &str = "example.org";
const ASKED: &str = "_25._tcp.mail.example.org";

fn certificate() -> Vec<u8> {
    let params = CertificateParams::new([HOST.to_owned()]).unwrap();
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn proven(status: DnssecStatus) -> Proven {
    Proven { status, reason: (status == DnssecStatus::Bogus).then(|| "the signature expired".to_owned()) }
}

fn secure() -> Proven {
    proven(DnssecStatus::Secure)
}

fn records(records: &[TlsaRecord]) -> TlsaAnswer {
    TlsaAnswer::Records { proven: secure(), records: records.to_vec() }
}

/// A domain whose only mail host has this for DANE.
fn promises(answer: TlsaAnswer) -> Promises {
    let host = HostTlsa {
        host: Host::Name(HOST.to_owned()),
        addresses: secure(),
        alias_of: None,
        asked: ASKED.to_owned(),
        answer,
    };
    Promises {
        name: DOMAIN.to_owned(),
        is_domain: true,
        passage: DnssecPassage::Passed,
        name_server: None,
        passage_detail: None,
        dane: Some(Dane { exchangers: Some(secure()), hosts: vec![host] }),
        mta_sts: None,
        tls_reporting: None,
        agent_config: None,
        duration: Duration::ZERO,
    }
}

/// The mail host shows these certificates.
fn showing(certificates: &[Vec<u8>]) -> Observation {
    let mut observation = healthy(Service::Smtp);
    observation.attempts[0].tls = Some(TlsFacts { presented: certificates.to_vec(), ..tls() });
    observation
}

fn dane_of(promises: &Promises, observation: &Observation) -> Option<DaneJudgement> {
    held(promises, observation)?.dane
}

fn chain_of(answer: TlsaAnswer, observation: &Observation) -> Option<DaneChain> {
    dane_of(&promises(answer), observation).map(|judgement| judgement.chain)
}

#[test]
fn a_new_key_under_an_old_record_mismatches_and_the_right_record_is_told() {
    let (old, new) = (certificate(), certificate());
    let of = |der: &Vec<u8>| dane::right_record(std::slice::from_ref(der)).unwrap();
    let old_record = records(&[of(&old)]);
    let judgement = dane_of(&promises(old_record.clone()), &showing(std::slice::from_ref(&new))).unwrap();
    assert_eq!(judgement.name, ASKED);
    assert_eq!(judgement.chain, DaneChain::Mismatches);
    assert_eq!(judgement.records, [RecordJudgement::NoMatch(None)]);
    assert_eq!(judgement.right, Some(of(&new)));
    // Of two addresses, one still shows the old key.
    assert_eq!(chain_of(old_record, &showing(std::slice::from_ref(&old))), Some(DaneChain::Matches));
    let both = dane_of(&promises(records(&[of(&old), of(&new)])), &showing(std::slice::from_ref(&new))).unwrap();
    assert_eq!(both.chain, DaneChain::Matches);
    assert_eq!(both.records, [RecordJudgement::NoMatch(None), RecordJudgement::Match(MatchedBy::Server)]);
    // Beside a SHA-512 senders pass over a SHA-256 (RFC 7671, section 9).
    let strong = TlsaRecord { matching_type: 2, data: vec![7; 64], ..of(&old) };
    let of_strong = |records: Vec<TlsaRecord>| {
        dane_of(&promises(self::records(&records)), &showing(std::slice::from_ref(&new))).unwrap()
    };
    let right = of_strong(vec![strong.clone()]).right.expect("a key was seen");
    assert_eq!((right.usage, right.selector, right.matching_type, right.data.len()), (3, 1, 2, 64));
    assert_eq!(of_strong(vec![strong.clone(), of(&new)]).chain, DaneChain::Mismatches);
    assert_eq!(of_strong(vec![strong, right]).chain, DaneChain::Matches);
    let unusable = TlsaRecord { usage: 1, ..of(&old) };
    let judgement = dane_of(&promises(records(&[unusable])), &showing(&[old])).unwrap();
    assert_eq!(judgement.chain, DaneChain::AllUnusable);
    assert_eq!(judgement.records, [RecordJudgement::Unusable(UnusableTlsa::Usage)]);
}

#[test]
fn the_names_are_those_of_the_records_and_of_the_domain() {
    let authority = rcgen::CertifiedIssuer::self_signed(
        {
            let mut params = CertificateParams::default();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params
        },
        KeyPair::generate().unwrap(),
    )
    .unwrap();
    let below = |name: &str| {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let own = params.signed_by(&KeyPair::generate().unwrap(), &authority).unwrap();
        showing(&[own.der().to_vec(), authority.der().to_vec()])
    };
    let key = dane::right_record(&[authority.der().to_vec()]).unwrap();
    let of_authority = || records(&[TlsaRecord { usage: 2, ..key.clone() }]);
    for (name, expected) in [
        (HOST, DaneChain::Matches),
        (DOMAIN, DaneChain::Matches),
        ("*.example.org", DaneChain::Matches),
        ("other.example.org", DaneChain::Mismatches),
    ] {
        assert_eq!(chain_of(of_authority(), &below(name)), Some(expected), "{name}");
    }
    // A host on its own has no domain.
    let mut of_host = promises(of_authority());
    (of_host.name, of_host.is_domain) = (HOST.to_owned(), false);
    of_host.dane.as_mut().unwrap().exchangers = None;
    assert_eq!(dane_of(&of_host, &below(HOST)).unwrap().chain, DaneChain::Matches);
    assert_eq!(dane_of(&of_host, &below(DOMAIN)).unwrap().chain, DaneChain::Mismatches);
    // The records stand at the end of an alias.
    let mut of_alias = promises(of_authority());
    of_alias.dane.as_mut().unwrap().hosts[0].asked = "_25._tcp.real.example.net.".to_owned();
    assert_eq!(dane_of(&of_alias, &below("real.example.net")).unwrap().chain, DaneChain::Matches);
    assert_eq!(dane_of(&of_alias, &below(HOST)).unwrap().chain, DaneChain::Mismatches);
}

#[test]
fn without_a_certificate_there_is_no_tls_or_nothing_is_known() {
    let record = || records(&[dane::right_record(&[certificate()]).unwrap()]);
    let not_offered = ended_by_dialogue(Service::Smtp, Stage::Starttls, Stop::StarttlsNotOffered);
    let mut masked = not_offered.clone();
    masked.attempts[0].conversation.plaintext = Some(offering(&["SIZE", "XXXXXXXA"], &[]));
    assert!(masked.attempts[0].conversation.marks_of_inspection().is_some());
    let refused = |line| {
        let stop = Stop::StarttlsRefused(reply(Status::Temporary, line));
        ended_by_dialogue(Service::Smtp, Stage::Starttls, stop)
    };
    let rejected = Stop::Rejected(reply(Status::Permanent, "554 No SMTP service here"));
    for (observation, expected) in [
        (not_offered.clone(), DaneChain::NoTls),
        (refused("454 4.7.0 TLS not available due to local problem"), DaneChain::NoTls),
        (refused("421 Too many connections"), DaneChain::NotSeen),
        // Something on the way takes the offer out, perhaps for this machine alone.
        (masked.clone(), DaneChain::NotSeen),
        (ended_by_dialogue(Service::Smtp, Stage::Greeting, rejected), DaneChain::NotSeen),
        (connect_failed(Service::Smtp, ConnectFailureKind::TimedOut), DaneChain::NotSeen),
        (handshake_failed(Service::Smtp, TlsFailureKind::Closed), DaneChain::NotSeen),
        (Observation { attempts: Vec::new(), ..not_offered }, DaneChain::NotSeen),
    ] {
        let judgement = dane_of(&promises(record()), &observation).unwrap();
        assert_eq!((judgement.chain, judgement.right), (expected, None), "{:?}", observation.probe());
        assert!(judgement.records.is_empty());
    }
    // A second look that got through shows what the server has.
    let own = certificate();
    let shown = TlsFacts { presented: vec![own.clone()], ..tls() };
    let seen = looked(masked, Purpose::TryStarttls, |look| look.tls = Some(shown));
    assert_eq!(chain_of(records(&[dane::right_record(&[own]).unwrap()]), &seen), Some(DaneChain::Matches));
}

#[test]
fn dane_applies_where_everything_is_secure_and_what_is_bogus_is_not_nothing() {
    let own = certificate();
    let seen = showing(std::slice::from_ref(&own));
    let record = dane::right_record(std::slice::from_ref(&own)).unwrap();
    let answered = |status| TlsaAnswer::Records { proven: proven(status), records: vec![record.clone()] };
    let failure = LookupFailure::new(LookupFailureKind::TimedOut, "no name server answered");
    let unknown = |words: &str| Some(DaneChain::Unknown(words.to_owned()));
    let bogus = |words: &str| Some(DaneChain::Bogus(words.to_owned()));
    for (answer, expected) in [
        (answered(Secure), Some(DaneChain::Matches)),
        (answered(Insecure), None),
        (answered(CannotTell), None),
        (answered(Bogus), bogus("DNSSEC does not confirm the TLSA records: the signature expired")),
        (records(&[]), None),
        (TlsaAnswer::None(proven(Secure)), None),
        (TlsaAnswer::None(proven(Insecure)), None),
        (TlsaAnswer::None(proven(CannotTell)), None),
        (
            TlsaAnswer::None(proven(Bogus)),
            bogus("DNSSEC does not confirm the proof that there are no TLSA records: the signature expired"),
        ),
        (TlsaAnswer::Failed(failure), unknown("the TLSA records could not be looked up: no name server answered")),
        (TlsaAnswer::NotAsked("the zone is not signed".to_owned()), None),
    ] {
        assert_eq!(chain_of(answer.clone(), &seen), expected, "{answer:?}");
    }
    for (status, expected) in [
        (Secure, Some((DaneChain::Matches, true))),
        // Postfix goes by the host's records all the same.
        (Insecure, Some((DaneChain::Matches, false))),
        (CannotTell, None),
        (Bogus, bogus("DNSSEC does not confirm the MX records: the signature expired").map(|chain| (chain, true))),
    ] {
        let mut of_exchangers = promises(answered(Secure));
        of_exchangers.dane.as_mut().unwrap().exchangers = Some(proven(status));
        let judged = dane_of(&of_exchangers, &seen).map(|judgement| (judgement.chain, judgement.is_binding));
        assert_eq!(judged, expected, "{status:?}");
    }
    for (status, expected) in [
        (Insecure, None),
        (CannotTell, None),
        (Bogus, bogus("DNSSEC does not confirm the addresses: the signature expired")),
    ] {
        let mut of_addresses = promises(answered(Secure));
        of_addresses.dane.as_mut().unwrap().hosts[0].addresses = proven(status);
        assert_eq!(dane_of(&of_addresses, &seen).map(|judgement| judgement.chain), expected, "{status:?}");
    }
    // What is right for the key can be told whatever the DNS does.
    let bogus = dane_of(&promises(answered(Bogus)), &seen).unwrap();
    assert_eq!(bogus.right, Some(record.clone()));
}

#[test]
fn other_hosts_ports_and_services_are_not_concerned() {
    let own = certificate();
    let record = records(&[dane::right_record(std::slice::from_ref(&own)).unwrap()]);
    let promises = promises(record);
    let mut other_host = showing(std::slice::from_ref(&own));
    other_host.endpoint.host = Host::Name("other.example.org".to_owned());
    let mut other_port = showing(std::slice::from_ref(&own));
    other_port.endpoint.port = 2525;
    let mut submission = healthy(Service::Submission);
    submission.endpoint.port = 25;
    for observation in [other_host, other_port, submission] {
        assert_eq!(held(&promises, &observation), None);
    }
}

#[test]
fn the_policy_of_mta_sts_covers_the_domain_s_mail_hosts_or_does_not() {
    let policy = |mode, hosts: &[&str]| MtaStsPolicy {
        mode,
        hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
        max_age: 604_800,
        faults: Vec::new(),
    };
    let coverage = |policy: Option<Result<MtaStsPolicy, PolicyFailure>>, source: Source| {
        let record =
            PolicyRecord::Good { text: "v=STSv1; id=1;".to_owned(), record: "1".to_owned(), remarks: Vec::new() };
        let mut promises = promises(TlsaAnswer::None(secure()));
        promises.mta_sts = Some(MtaSts { record, url: String::new(), policy });
        let mut observation = healthy(Service::Smtp);
        observation.endpoint.sources = vec![source];
        held(&promises, &observation)?.mta_sts
    };
    let patterns = ["mx.example.net", "*.example.org"];
    for source in [Source::Mx, Source::ImplicitMx] {
        let covered = coverage(Some(Ok(policy(MtaStsMode::Enforce, &patterns))), source).unwrap();
        assert_eq!(covered.pattern.as_deref(), Some("*.example.org"));
        assert_eq!(
            (covered.mode, covered.patterns.as_slice()),
            (MtaStsMode::Enforce, patterns.map(str::to_owned).as_slice())
        );
    }
    let outside = coverage(Some(Ok(policy(MtaStsMode::Testing, &["example.org"]))), Source::Mx).unwrap();
    assert_eq!((outside.mode, outside.pattern), (MtaStsMode::Testing, None));
    // A server that the user named takes no mail for the domain by that.
    assert_eq!(coverage(Some(Ok(policy(MtaStsMode::Enforce, &patterns))), Source::User), None);
    assert_eq!(coverage(Some(Err(PolicyFailure::Status(404))), Source::Mx), None);
    assert_eq!(coverage(None, Source::Mx), None);
}
