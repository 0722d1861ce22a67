//! The autoconfiguration file: where it is looked for, and what is told to whom.

use mailprobe_lab::Leaf;
use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;

use crate::command::finding_ids;
use crate::netns::in_own_network;
use crate::site::{COLLECTION, DOMAIN, OWN, Site, WEB, autoconfig, endpoints, finding, is, outcome, target};

const WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";

/// A mail host that works, and a web server under every name that is asked.
pub(crate) fn zone() -> Zone {
    Zone::new()
        .mx(DOMAIN, 10, "mx1.provider.test")
        .a("mx1.provider.test", [127, 0, 0, 10])
        .a("imap.example.test", [127, 0, 0, 30])
        .a(DOMAIN, WEB)
        .a(OWN.0, WEB)
        .a(COLLECTION, WEB)
        .a("autoconfig.provider.test", WEB)
        .a("web.example.test", WEB)
}

pub(crate) const SERVERS: [(&str, &str); 2] = [("smtp:starttls", "127.0.0.10:25"), ("imap:implicit", "127.0.0.30:993")];

pub(crate) fn file() -> Page {
    autoconfig(&[("incomingServer", "imap", "imap.example.test", 993, "SSL")])
}

const IMAPS: &str = "imap.example.test 127.0.0.30 993 ok pass autoconfig";

#[test]
fn the_places_are_asked_in_order_and_the_local_part_goes_to_the_first_alone() {
    const TEST: &str = "autoconfiguration::the_places_are_asked_in_order_and_the_local_part_goes_to_the_first_alone";
    in_own_network(TEST, || {
        let zone = zone()
            .mx(DOMAIN, 5, "mx1.eu.mail.provider.test")
            .a("mx1.eu.mail.provider.test", [127, 0, 0, 10])
            .a("autoconfig.eu.mail.provider.test", WEB);
        let last = (COLLECTION, "/provider.test", file());
        let site = Site::new(TEST, zone, &SERVERS).with_web(Leaf::Good, &[last]);
        let (done, document) = site.check(&["jörg+tag@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(endpoints(&document).contains(&IMAPS.replace("autoconfig", "ispdb")), "{document:#}");
        assert_eq!(
            site.asked(),
            [
                "autoconfig.example.test/mail/config-v1.1.xml?emailaddress=j%C3%B6rg%2Btag%40example.test".to_owned(),
                format!("example.test{WELL_KNOWN}"),
                format!("{COLLECTION}/example.test"),
                "autoconfig.eu.mail.provider.test/mail/config-v1.1.xml".to_owned(),
                "autoconfig.provider.test/mail/config-v1.1.xml".to_owned(),
                format!("{COLLECTION}/eu.mail.provider.test"),
                format!("{COLLECTION}/provider.test"),
            ]
        );
        let names: Vec<String> = site.questions().into_iter().map(|question| question.name).collect();
        assert!(!names.iter().any(|name| name.contains("tag")), "{names:?}");
    });
}

#[test]
fn without_a_local_part_none_is_sent() {
    const TEST: &str = "autoconfiguration::without_a_local_part_none_is_sent";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file())]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(site.requests().len(), 1);
        assert_eq!(site.requests()[0].path, OWN.1);
    });
}

#[test]
fn a_redirect_is_followed_and_the_local_part_stays_behind() {
    const TEST: &str = "autoconfiguration::a_redirect_is_followed_and_the_local_part_stays_behind";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(
            Leaf::Good,
            &[
                (OWN.0, OWN.1, Page::Redirect("https://web.example.test/tell?user=secretive".to_owned())),
                ("web.example.test", "/tell", Page::Redirect("/file.xml".to_owned())),
                ("web.example.test", "/file.xml", file()),
            ],
        );
        let (done, document) = site.check(&["secretive@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(endpoints(&document).contains(&IMAPS.to_owned()), "{document:#}");
        let asked = site.asked();
        assert!(asked[0].contains("emailaddress=secretive"), "{asked:?}");
        // Asked again without the address before anything goes to the other host.
        assert_eq!(asked[1], format!("{}{}", OWN.0, OWN.1));
    });
}

#[test]
fn a_server_whose_name_needs_the_local_part_is_left_out() {
    const TEST: &str = "autoconfiguration::a_server_whose_name_needs_the_local_part_is_left_out";
    in_own_network(TEST, || {
        let file = autoconfig(&[
            ("incomingServer", "imap", "%EMAILLOCALPART%.example.test", 993, "SSL"),
            ("incomingServer", "imap", "imap.%EMAILDOMAIN%", 993, "SSL"),
        ]);
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file)]);
        let (done, document) = site.check(&["secretive@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(finding(&document, "unusable-server")["evidence"].as_str().is_some_and(|it| it.contains("%EMAIL")));
        assert!(!site.questions().iter().any(|question| question.name.contains("secretive")));
    });
}

/// The zone of a domain whose MX host is named by a provider below `co.uk`, with a web server at every name around it.
fn below_a_public_suffix(exchanger: &str) -> Zone {
    Zone::new()
        .mx(DOMAIN, 10, exchanger)
        .a(exchanger, [127, 0, 0, 10])
        .a("imap.example.test", [127, 0, 0, 30])
        .a(COLLECTION, WEB)
        .a("autoconfig.provider.co.uk", WEB)
        .a("autoconfig.co.uk", WEB)
        .a("co.uk", WEB)
}

/// `autoconfig.co.uk` is a name that anybody can have registered: in this network somebody has, and offers settings.
#[test]
fn a_stranger_under_the_public_suffix_of_the_mx_host_is_not_asked() {
    const TEST: &str = "autoconfiguration::a_stranger_under_the_public_suffix_of_the_mx_host_is_not_asked";
    in_own_network(TEST, || {
        let strangers = [("autoconfig.co.uk", OWN.1, file()), (COLLECTION, "/co.uk", file())];
        for (exchanger, asked) in [
            (
                "mx.provider.co.uk",
                &["autoconfig.provider.co.uk/mail/config-v1.1.xml", "v1.ispdb.net/provider.co.uk"][..],
            ),
            ("provider.co.uk", &["autoconfig.provider.co.uk/mail/config-v1.1.xml", "v1.ispdb.net/provider.co.uk"]),
            ("co.uk", &[]),
        ] {
            let site = Site::new(TEST, below_a_public_suffix(exchanger), &SERVERS).with_web(Leaf::Good, &strangers);
            let (_, document) = site.check(&["me@example.test"]);
            assert!(!endpoints(&document).iter().any(|endpoint| endpoint.contains("imap")), "{document:#}");
            assert_eq!(site.asked()[0], format!("{COLLECTION}/example.test"));
            assert_eq!(site.asked()[1..], *asked, "{exchanger}");
            let names: Vec<String> = site.questions().into_iter().map(|question| question.name).collect();
            assert!(!names.iter().any(|name| name == "autoconfig.co.uk"), "{exchanger}: {names:?}");
        }
    });
}

#[test]
fn the_public_collection_is_a_source_that_can_be_left_out() {
    const TEST: &str = "autoconfiguration::the_public_collection_is_a_source_that_can_be_left_out";
    in_own_network(TEST, || {
        let in_collection = (COLLECTION, "/example.test", file());
        let of_operator = ("autoconfig.provider.test", OWN.1, file());
        for (from, named_by, third_party_asked) in [
            ("mx,srv,autoconfig,ispdb,builtin", "ispdb", true),
            ("ispdb", "ispdb", true),
            ("mx,srv,autoconfig,builtin", "autoconfig", false),
            ("autoconfig", "autoconfig", false),
        ] {
            let pages = [in_collection.clone(), of_operator.clone()];
            let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &pages);
            let (done, document) = site.check(&["--from", from, "me@example.test"]);
            is(&done, &document, "pass", 0);
            assert!(endpoints(&document).contains(&IMAPS.replace("autoconfig", named_by)), "{from}: {document:#}");
            let names = site.questions().into_iter().map(|question| question.name);
            assert_eq!(names.into_iter().any(|name| name == COLLECTION), third_party_asked, "{from}");
            assert_eq!(site.asked().iter().any(|asked| asked.contains(COLLECTION)), third_party_asked, "{from}");
        }
        let pages = [in_collection, of_operator];
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &pages);
        let (done, document) = site.check(&["--from", "mx,srv,builtin", "me@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(site.asked(), [""; 0]);
        let shown = site.show(&["me@example.test"]);
        assert!(shown.stdout.contains("named by the ISPDB"), "{}", shown.stdout);
    });
}

#[test]
fn a_file_over_plain_http_alone_is_told_and_not_used() {
    const TEST: &str = "autoconfiguration::a_file_over_plain_http_alone_is_told_and_not_used";
    in_own_network(TEST, || {
        let unencrypted = [(OWN.0, OWN.1, file())];
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[]).with_unencrypted_web(&unencrypted);
        let (done, document) = site.check(&["secretive@example.test"]);
        is(&done, &document, "warn", 0);
        assert_eq!(endpoints(&document).len(), 1, "{document:#}");
        assert_eq!(outcome(&document, "http://autoconfig.example.test/mail/config-v1.1.xml"), "insecure");
        let told = finding(&document, "autoconfig-plain-http");
        assert_eq!(told["severity"], "warning");
        let hint = told["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("HTTPS") && hint.contains("autoconfig.example.test"), "{told:#}");
        // Without the mail address, and once.
        assert_eq!(site.asked_unencrypted(), ["autoconfig.example.test/mail/config-v1.1.xml"]);
        let shown = site.show(&["secretive@example.test"]).stdout;
        assert!(
            shown.split_whitespace().collect::<Vec<_>>().join(" ").contains("only available over unencrypted HTTP")
        );

        // A certificate that is not valid is the usual reason.
        drop(site);
        let site = Site::new(TEST, zone(), &SERVERS)
            .with_web(Leaf::WrongName, &[(OWN.0, OWN.1, file())])
            .with_unencrypted_web(&unencrypted);
        let (_, document) = site.check(&["secretive@example.test"]);
        assert_eq!(endpoints(&document).len(), 1, "{document:#}");
        finding(&document, "autoconfig-plain-http");
    });
}

#[test]
fn plain_http_is_asked_only_where_https_gave_no_file_and_what_is_not_one_is_not_told() {
    const TEST: &str =
        "autoconfiguration::plain_http_is_asked_only_where_https_gave_no_file_and_what_is_not_one_is_not_told";
    in_own_network(TEST, || {
        let broken = Page::File("<clientConfig>".to_owned());
        let unencrypted = [(OWN.0, OWN.1, file())];
        for own in [(OWN.0, OWN.1, file()), (OWN.0, OWN.1, broken), (DOMAIN, WELL_KNOWN, file())] {
            let site =
                Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[own]).with_unencrypted_web(&unencrypted);
            site.check(&["me@example.test"]);
            assert_eq!(site.asked_unencrypted(), [""; 0]);
        }
        for page in [
            Page::Redirect("https://autoconfig.provider.test/mail/config-v1.1.xml".to_owned()),
            Page::Redirect("http://autoconfig.example.test/other".to_owned()),
            Page::Status(404),
            Page::Silence,
            Page::Garbage,
            Page::Endless,
            Page::File("<!DOCTYPE html><title>Welcome</title>".to_owned()),
        ] {
            let pages = [(OWN.0, OWN.1, page.clone()), (OWN.0, "/other", file())];
            let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[]).with_unencrypted_web(&pages);
            let (done, document) = site.check(&["--from", "mx,autoconfig", "me@example.test"]);
            is(&done, &document, "pass", 0);
            assert_eq!(outcome(&document, "http://autoconfig.example.test"), "nothing", "{page:?}");
            assert_eq!(site.asked_unencrypted().len(), 1, "{page:?}");
            assert_eq!(finding_ids(target(&document)), [""; 0], "{page:?}");
        }
    });
}

#[test]
fn a_file_of_the_collection_that_contradicts_the_srv_records_is_told() {
    const TEST: &str = "autoconfiguration::a_file_of_the_collection_that_contradicts_the_srv_records_is_told";
    in_own_network(TEST, || {
        let zone = zone().srv("_imaps._tcp.example.test", 0, 1, 993, "mx1.provider.test");
        let site = Site::new(TEST, zone, &SERVERS).with_web(Leaf::Good, &[(COLLECTION, "/example.test", file())]);
        let (_, document) = site.check(&["me@example.test"]);
        let told = finding(&document, "sources-disagree");
        assert_eq!(
            told["message"],
            "For reading mail with IMAP, SRV names mx1.provider.test:993 (implicit), the ISPDB names \
             imap.example.test:993 (implicit)."
        );
        assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("file of your own")), "{told:#}");
    });
}

#[test]
fn a_server_that_takes_no_password_by_the_file_is_told_with_what_it_takes() {
    const TEST: &str = "autoconfiguration::a_server_that_takes_no_password_by_the_file_is_told_with_what_it_takes";
    in_own_network(TEST, || {
        let Page::File(text) = file() else { unreachable!() };
        for (methods, needs, login) in [
            (&["OAuth"][..], "OAuth (sign-in with a browser)", "no password: OAuth (sign-in with a browser)"),
            (&["OAuth2"], "OAuth (sign-in with a browser)", "no password: OAuth (sign-in with a browser)"),
            (&["GSSAPI", "TLS-client-cert"], "Kerberos (GSSAPI) or a client certificate", "no password"),
        ] {
            let method = |method: &&str| format!("<authentication>{method}</authentication>");
            let elements = methods.iter().map(method).collect::<Vec<_>>().concat();
            let page = Page::File(text.replace("</incomingServer>", &format!("{elements}</incomingServer>")));
            let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, page)]);
            let (done, document) = site.check(&["me@example.test"]);
            is(&done, &document, "pass", 0);
            let message = format!(
                "imap.example.test:993 accepts no passwords according to autoconfiguration: it requires {needs}."
            );
            assert_eq!(finding(&document, "no-password-login")["message"], message);
            assert_eq!(target(&document)["recommended"]["incoming"][0]["password"], false, "{methods:?}");
            let shown = site.show(&["me@example.test"]).stdout;
            assert!(shown.contains(&format!("login     {login}")), "{shown}");
        }
    });
}
