//! Mail exchangers, and the names of addresses.

use super::{Behaviour, DnsServer, GENEROUS, Kind, SHORT, Zone, exclusive, server};
use crate::resolve::{MAX_RECORDS, MAX_TEXT, MailExchanger, ReverseName};

async fn mx(server: &DnsServer, domain: &str) -> Result<Vec<(u16, String)>, Kind> {
    let found = exclusive(server, GENEROUS).mx(domain).await;
    found.map(|all| all.into_iter().map(|one| (one.preference, one.name)).collect()).map_err(|failure| failure.kind)
}

#[tokio::test]
async fn exchangers_come_in_the_order_of_their_preference() {
    let server = server(Zone::new().mx("d.test", 20, "b.test").mx("d.test", 10, "A.test").mx("d.test", 30, "c.test"));
    let expected = [(10, "a.test"), (20, "b.test"), (30, "c.test")].map(|(order, name)| (order, name.to_owned()));
    assert_eq!(mx(&server, "d.test").await, Ok(expected.to_vec()));
}

#[tokio::test]
async fn so_many_records_of_a_domain_are_kept() {
    let crowd = (0..100).fold(Zone::new(), |zone, number| zone.mx("d.test", number, &format!("mx{number}.d.test")));
    let server = server(crowd);
    assert_eq!(mx(&server, "d.test").await.map(|all| all.len()), Ok(MAX_RECORDS));
}

#[tokio::test]
async fn a_domain_may_say_that_it_takes_no_mail_or_say_nothing() {
    let zone =
        Zone::new().mx("null.test", 0, ".").a("web.test", [192, 0, 2, 1]).behave("lame.test", Behaviour::ServFail);
    let server = server(zone);
    assert_eq!(mx(&server, "null.test").await, Err(Kind::NoMail));
    assert_eq!(mx(&server, "web.test").await, Err(Kind::NoAddress));
    assert_eq!(mx(&server, "nowhere.test").await, Err(Kind::NoSuchName));
    assert_eq!(mx(&server, "lame.test").await, Err(Kind::Failed));
    assert_eq!(mx(&server, "a..b").await, Err(Kind::NoSuchName));
}

#[tokio::test]
async fn a_silent_name_server_is_waited_for_only_so_long() {
    let server = server(Zone::new().behave("d.test", Behaviour::Silence));
    let failure = exclusive(&server, SHORT).mx("d.test").await.expect_err("silence");
    assert_eq!(failure.kind, Kind::TimedOut);
    assert!(failure.message.contains(&server.address().to_string()), "{}", failure.message);
}

#[test]
fn an_address_is_no_exchanger() {
    let host = |name: &str| MailExchanger { preference: 0, name: name.to_owned() }.host().map(|host| host.to_string());
    assert_eq!(host("mx.test.example").as_deref(), Some("mx.test.example"));
    assert_eq!(host("192.0.2.1"), None);
    assert_eq!(host("bad\\032name.test"), None);
}

#[tokio::test]
async fn the_names_of_an_address_are_followed_back() {
    let zone = Zone::new()
        .ptr([192, 0, 2, 7], "mail.test")
        .ptr([192, 0, 2, 7], "other.test")
        .a("mail.test", [192, 0, 2, 7])
        .a("other.test", [192, 0, 2, 8]);
    let server = server(zone);
    let resolver = exclusive(&server, GENEROUS);
    let mut found = resolver.ptr([192, 0, 2, 7].into()).await.expect("names");
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let name = |name: &str, leads_back| ReverseName { name: name.to_owned(), leads_back };
    assert_eq!(found, [name("mail.test", true), name("other.test", false)]);
    assert_eq!(resolver.ptr([192, 0, 2, 9].into()).await.map_err(|failure| failure.kind), Err(Kind::NoSuchName));
}

#[tokio::test]
async fn the_texts_of_a_name_are_one_for_each_record() {
    let half = [b'x'; 255];
    let strings: Vec<&[u8]> = vec![&half; 100];
    let zone = Zone::new()
        .txt("mail.test", "v=spf1 -all")
        .txt_strings("mail.test", &[b"v=STS", b"v1; ", b"id=1;"])
        .txt_strings("mail.test", &[b"\xff\x00;", b""])
        .txt_strings("long.test", &strings)
        .cname("alias.test", "mail.test")
        .mx("none.test", 10, "mx.test");
    let server = server((0..60).fold(zone, |zone, number| zone.txt("many.test", &format!("{number}"))));
    let resolver = exclusive(&server, GENEROUS);
    for name in ["mail.test", "alias.test"] {
        let texts = resolver.txt(name).await.expect("texts");
        assert_eq!(texts, ["v=spf1 -all", "v=STSv1; id=1;", "\u{fffd}\0;"]);
    }
    assert_eq!(resolver.txt("long.test").await.expect("a text"), ["x".repeat(MAX_TEXT)]);
    assert_eq!(resolver.txt("many.test").await.expect("texts").len(), MAX_RECORDS);
    assert_eq!(resolver.txt("none.test").await.map_err(|failure| failure.kind), Err(Kind::NoAddress));
    assert_eq!(resolver.txt("nowhere.test").await.map_err(|failure| failure.kind), Err(Kind::NoSuchName));
}
