//! The records, as the DNS gives them.

use mailprobe::internals::observation::LookupFailureKind;
use mailprobe::internals::observation::promises::{PolicyRecord, RecordFault};
use mailprobe_lab::dns::{Behaviour, RecordType, Zone};

use crate::netns::in_own_network;
use crate::site::{DOMAIN, Site};

#[test]
fn three_questions_and_no_request_where_nothing_is_announced() {
    const TEST: &str = "records::three_questions_and_no_request_where_nothing_is_announced";
    in_own_network(TEST, || {
        let site = Site::new(TEST, Zone::new().mx(DOMAIN, 10, "mx.example.test"));
        let promises = site.promises();
        let (mta_sts, config) = (promises.mta_sts.expect("asked for"), promises.agent_config.expect("asked for"));
        assert_eq!((mta_sts.record, mta_sts.policy), (PolicyRecord::None, None));
        assert_eq!(promises.tls_reporting.expect("asked for").record, PolicyRecord::None);
        assert_eq!((config.record, config.servers), (PolicyRecord::None, None));
        let questions = site.dns.questions();
        let texts = questions.iter().filter(|question| question.record_type == RecordType::TXT);
        let mut names: Vec<&str> = texts.map(|question| question.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["_mta-sts.example.test", "_smtp._tls.example.test", "_ua-auto-config.example.test"]);
        let of_web = |name: &str| name.starts_with("mta-sts.") || name.starts_with("ua-auto-config.");
        assert!(!questions.iter().any(|question| of_web(&question.name)), "{questions:?}");
    });
}

#[test]
fn a_record_of_many_strings_is_one_text() {
    const TEST: &str = "records::a_record_of_many_strings_is_one_text";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .txt_strings("_mta-sts.example.test", &[b"v=STS", b"v1; id=2026", b"0101;"])
            .txt("_mta-sts.example.test", "verification=abc")
            .txt_strings("_smtp._tls.example.test", &[b"v=TLSRPTv1; rua=mailto:tls", b"@example.test"]);
        let promises = Site::new(TEST, zone).promises();
        let mta_sts = promises.mta_sts.expect("asked for").record;
        assert!(matches!(&mta_sts, PolicyRecord::Good { record, .. } if record == "20260101"), "{mta_sts:?}");
        let reporting = promises.tls_reporting.expect("asked for").record;
        assert!(
            matches!(&reporting, PolicyRecord::Good { record, .. } if *record == ["mailto:tls@example.test"]),
            "{reporting:?}"
        );
    });
}

#[test]
fn a_record_that_cannot_be_looked_up_is_not_missing() {
    const TEST: &str = "records::a_record_that_cannot_be_looked_up_is_not_missing";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .behave("_mta-sts.example.test", Behaviour::ServFail)
            .behave("_smtp._tls.example.test", Behaviour::Refused)
            .behave("_ua-auto-config.example.test", Behaviour::NoData);
        let promises = Site::new(TEST, zone).promises();
        let failed = |kind: Option<LookupFailureKind>| assert_eq!(kind, Some(LookupFailureKind::Failed));
        failed(kind(&promises.mta_sts.expect("asked for").record));
        failed(kind(&promises.tls_reporting.expect("asked for").record));
        assert_eq!(promises.agent_config.expect("asked for").record, PolicyRecord::None);
    });
}

fn kind<T>(record: &PolicyRecord<T>) -> Option<LookupFailureKind> {
    match record {
        PolicyRecord::Failed(failure) => Some(failure.kind),
        _ => None,
    }
}

#[test]
fn a_wildcard_is_nobodys_mistake() {
    const TEST: &str = "records::a_wildcard_is_nobodys_mistake";
    in_own_network(TEST, || {
        let names = ["_mta-sts.example.test", "_smtp._tls.example.test", "_ua-auto-config.example.test"];
        let wildcard = names.iter().fold(Zone::new(), |zone, name| zone.txt(name, "v=spf1 -all"));
        let promises = Site::new(TEST, wildcard).promises();
        assert_eq!(promises.mta_sts.expect("asked for").record, PolicyRecord::None);
        assert_eq!(promises.tls_reporting.expect("asked for").record, PolicyRecord::None);
        assert_eq!(promises.agent_config.expect("asked for").record, PolicyRecord::None);
        let mistake = Site::new(TEST, Zone::new().txt(names[0], "v=spf1 -all")).mta_sts().record;
        let faults = vec![RecordFault::Foreign("v=spf1".to_owned())];
        assert_eq!(mistake, PolicyRecord::Faulty { texts: vec!["v=spf1 -all".to_owned()], faults });
    });
}

#[test]
fn records_without_end_are_read_without_harm() {
    const TEST: &str = "records::records_without_end_are_read_without_harm";
    in_own_network(TEST, || {
        // As much as one answer holds.
        let binary: Vec<u8> = (0..=254).collect();
        let strings: Vec<&[u8]> = vec![&binary; 240];
        let version: &[u8] = b"v=STSv1;";
        let semicolons = [b';'; 255];
        let zone = Zone::new()
            .txt_strings("_mta-sts.example.test", &[&[version], &vec![&semicolons[..]; 240][..]].concat())
            .txt_strings("_smtp._tls.example.test", &strings)
            .txt_strings("_ua-auto-config.example.test", &[&[&b"v=UAAC1;a=sha256;d="[..]], &strings[..]].concat());
        let promises = Site::new(TEST, zone).promises();
        let mta_sts = promises.mta_sts.expect("asked for").record;
        let PolicyRecord::Faulty { faults, .. } = &mta_sts else { panic!("{mta_sts:?}") };
        assert_eq!(*faults, [RecordFault::Missing("id"), RecordFault::Malformed(";;".to_owned())]);
        assert_eq!(promises.tls_reporting.expect("asked for").record, PolicyRecord::None);
        let config = promises.agent_config.expect("asked for").record;
        assert!(matches!(config, PolicyRecord::Faulty { .. }), "{config:?}");
    });
}
