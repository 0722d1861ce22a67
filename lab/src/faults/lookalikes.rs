//! Servers that only look like trouble: what a hasty reader would take for a device, a portal or another protocol.

use super::fault::{Fault, SMTP, WITH_STARTTLS, WITH_TLS};
use super::greetings::opening;
use crate::behaviour::{Behaviour, Mention};
use crate::script::{Act, Moment};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("host-named-like-a-shield", "is a host whose name has a mail shield's in it", |behaviour| {
            behaviour.host("avast.proxy.test.example")
        }),
        Fault::new(
            "host-named-like-protocols",
            "is a host whose name is made of other protocols' names",
            |behaviour| behaviour.host("ssh.ftp.lmtp.nntp.http.test.example"),
        ),
        with_words(
            "mail-filter-in-greeting",
            "greets with the name of the mail filter behind it",
            "(Kaspersky Security 8.0 for Linux Mail Server)",
        ),
        with_words("proxy-in-greeting", "greets as a proxy of no known maker", "(balancing proxy)"),
        with_words(
            "rules-in-greeting",
            "greets with the address of its rules",
            "- who logs in accepts https://mail.test.example/login/rules",
        ),
        with_words("stars-in-greeting", "greets with asterisks around its words", "**** welcome ****"),
        Fault::new("x-keywords", "offers extensions that begin with X, and no STARTTLS", |behaviour| {
            let list =
                "250-mail.test.example\r\n250-XCLIENT NAME ADDR\r\n250-XEXCH50\r\n250-XXX\r\n250 X-LINK2STATE\r\n";
            behaviour.starttls(Mention::Absent).at(Moment::Capabilities, [Act::send(list)])
        })
        .of(SMTP)
        .secured(WITH_STARTTLS),
        comes_and_goes(
            "every-other-handshake-resets",
            "resets every other connection after the client's TLS hello",
            15,
        ),
        comes_and_goes("first-handshake-resets", "resets the first connection after the client's TLS hello", 0),
        Fault::new("refuses-as-blocklist-host", "takes no mail, and its name has a blocklist's in it", |behaviour| {
            let text = "554 busy.rbl.spamhaus.test.example No SMTP service here\r\n";
            behaviour.at(Moment::Greeting, [Act::send(text), Act::Close])
        })
        .of(SMTP),
    ]
}

/// A good server with a few words more in its greeting.
fn with_words(name: &str, about: &str, words: &'static str) -> Fault {
    Fault::new(name, about, move |behaviour: Behaviour| {
        let greeting = format!("{} {words}\r\n", opening(&behaviour));
        behaviour.at(Moment::Greeting, [Act::send(greeting)])
    })
}

/// A server that only seems to mind what the first hello was like. After the first handshake, a good one follows; then
/// the same again, so many times.
fn comes_and_goes(name: &str, about: &str, again: usize) -> Fault {
    Fault::new(name, about, move |good: Behaviour| {
        let broken = good.clone().at(Moment::Handshake, [Act::Reset]);
        let once = broken.then(good);
        (0..again).fold(once.clone(), |so_far, _| so_far.then(once.clone()))
    })
    .secured(WITH_TLS)
}
