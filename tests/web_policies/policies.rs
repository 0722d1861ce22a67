//! The policy of MTA-STS, and why there is none.

use std::time::{Duration, Instant};

use mailprobe::internals::observation::promises::{MtaStsMode, MtaStsPolicy, PolicyFailure, PolicyFault};
use mailprobe_lab::Leaf;
use mailprobe_lab::dns::{Behaviour, Zone};
use mailprobe_lab::https::Page;

use crate::netns::in_own_network;
use crate::site::{GOOD, POLICY, Site, WEB, text, zone};

fn served(test: &'static str, page: Page) -> Result<MtaStsPolicy, PolicyFailure> {
    let site = Site::new(test, zone()).with_web(Leaf::Good, &[POLICY.0], &[(POLICY.0, POLICY.1, page)]);
    let policy = site.policy();
    assert_eq!(site.asked(), [[POLICY.0, POLICY.1].concat()], "once, and nobody else");
    policy
}

fn good(faults: &[PolicyFault]) -> MtaStsPolicy {
    MtaStsPolicy {
        mode: MtaStsMode::Enforce,
        hosts: vec!["*.example.test".to_owned()],
        max_age: 604_800,
        faults: faults.to_vec(),
    }
}

#[test]
fn a_policy_is_fetched_from_its_host() {
    const TEST: &str = "policies::a_policy_is_fetched_from_its_host";
    in_own_network(TEST, || {
        assert_eq!(served(TEST, text(GOOD)), Ok(good(&[])));
        let html = Page::Typed { content_type: "text/html".to_owned(), body: GOOD.to_owned() };
        assert_eq!(served(TEST, html), Ok(good(&[PolicyFault::ContentType(Some("text/html".to_owned()))])));
        assert_eq!(served(TEST, Page::File(GOOD.to_owned())), Ok(good(&[PolicyFault::ContentType(None)])));
        // Many let somebody else serve it, under their own name.
        let alias = Zone::new()
            .txt("_mta-sts.example.test", "v=STSv1; id=1;")
            .cname(POLICY.0, "policies.provider.test")
            .a("policies.provider.test", WEB);
        let pages = [(POLICY.0, POLICY.1, text(GOOD))];
        let site = Site::new(TEST, alias).with_web(Leaf::Good, &[POLICY.0], &pages);
        assert_eq!(site.policy(), Ok(good(&[])));
    });
}

#[test]
fn what_the_web_server_answers_instead_is_told() {
    const TEST: &str = "policies::what_the_web_server_answers_instead_is_told";
    in_own_network(TEST, || {
        let elsewhere = format!("https://www.example.test{}", POLICY.1);
        let filler = format!("{GOOD}# {}", "x".repeat(64 * 1024));
        let rows = [
            (Page::Status(404), PolicyFailure::Status(404)),
            (Page::Status(503), PolicyFailure::Status(503)),
            (Page::Status(304), PolicyFailure::Status(304)),
            (Page::Redirect(elsewhere.clone()), PolicyFailure::Redirect(elsewhere)),
            (Page::Redirect("/policy".to_owned()), PolicyFailure::Redirect("/policy".to_owned())),
            (text(&filler), PolicyFailure::TooLarge(64 * 1024)),
            (Page::Endless, PolicyFailure::TooLarge(64 * 1024)),
            (
                text("<title>Welcome</title>"),
                PolicyFailure::Unusable(vec![PolicyFault::NotAPolicy(Some("<title>Welcome</title>".to_owned()))]),
            ),
            (
                text(&GOOD.replace("604800", "forever")),
                PolicyFailure::Unusable(vec![PolicyFault::BadValue {
                    field: "max_age",
                    value: "forever".to_owned(),
                    allowed: "a number of seconds from 0 to 31557600",
                }]),
            ),
        ];
        for (page, expected) in rows {
            assert_eq!(served(TEST, page.clone()), Err(expected), "{page:?}");
        }
        for page in [Page::Garbage, Page::EndlessHeader] {
            let answer = served(TEST, page.clone());
            assert!(matches!(answer, Err(PolicyFailure::Broken(_))), "{page:?}: {answer:?}");
        }
    });
}

#[test]
fn a_policy_whose_host_has_a_bad_certificate_is_not_asked_for() {
    const TEST: &str = "policies::a_policy_whose_host_has_a_bad_certificate_is_not_asked_for";
    in_own_network(TEST, || {
        let rows = [
            (Leaf::Expired, POLICY.0, "it has expired"),
            (Leaf::NotYetValid, POLICY.0, "it is not valid yet"),
            (Leaf::Good, "www.example.test", "it is for other names"),
            (Leaf::SelfSigned, POLICY.0, "it is self-signed"),
            (Leaf::UnknownIssuer, POLICY.0, "it is not from an authority that is trusted here"),
            (Leaf::ExpiredWrongName, POLICY.0, "it has expired and it is for other names"),
        ];
        for (leaf, name, words) in rows {
            let site = Site::new(TEST, zone()).with_web(leaf, &[name], &[(POLICY.0, POLICY.1, text(GOOD))]);
            assert_eq!(site.policy(), Err(PolicyFailure::Certificate(words.to_owned())), "{leaf:?}");
            assert_eq!(site.asked(), [""; 0], "{leaf:?}");
        }
    });
}

#[test]
fn a_policy_host_that_is_not_there_is_told() {
    const TEST: &str = "policies::a_policy_host_that_is_not_there_is_told";
    in_own_network(TEST, || {
        let announced = || Zone::new().txt("_mta-sts.example.test", "v=STSv1; id=1;");
        let nowhere = Site::new(TEST, announced()).policy();
        assert_eq!(nowhere, Err(PolicyFailure::Lookup("mta-sts.example.test does not exist".to_owned())));
        let failing = Site::new(TEST, announced().behave(POLICY.0, Behaviour::ServFail)).policy();
        assert!(matches!(&failing, Err(PolicyFailure::Lookup(words)) if words.contains("SERVFAIL")), "{failing:?}");
        let closed = Site::new(TEST, zone()).policy();
        assert!(matches!(&closed, Err(PolicyFailure::Connect(words)) if words.contains("refused")), "{closed:?}");
        let plain = Site::new(TEST, zone());
        let behaviour = "smtp:plaintext".parse().expect("a behaviour");
        let _mail = mailprobe_lab::Server::start_at(behaviour, (WEB, 443).into()).expect("port 443 is free");
        assert!(matches!(plain.policy(), Err(PolicyFailure::Tls(_))), "{:?}", plain.policy());
    });
}

#[test]
fn a_web_server_that_takes_its_time_costs_a_bounded_time() {
    const TEST: &str = "policies::a_web_server_that_takes_its_time_costs_a_bounded_time";
    in_own_network(TEST, || {
        for page in [Page::Drip(Duration::from_millis(500)), Page::Silence] {
            let began = Instant::now();
            assert_eq!(served(TEST, page.clone()), Err(PolicyFailure::TimedOut(10)), "{page:?}");
            assert!(began.elapsed() < Duration::from_secs(20), "{page:?}: {:?}", began.elapsed());
        }
    });
}
