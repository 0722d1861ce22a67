//! What servers tell of this machine, and what their refusals are about.

use super::*;
use crate::diagnosis::diagnose;
use crate::diagnosis::tests::sample::{ended_by_dialogue, healthy, ip, reply};
use crate::observation::TranscriptLine;
use crate::protocol::{Capabilities, Reply, Stop};
use crate::service::Service;
use crate::target::Host;

fn saying(host: &str, hello: &str, reply: &str) -> Observation {
    let mut observation = healthy(Service::Smtp);
    observation.endpoint.host = Host::Name(host.to_owned());
    if let Some(probe) = observation.attempts.first_mut() {
        let text = format!("EHLO {hello}");
        probe.transcript.push(TranscriptLine { at: std::time::Duration::ZERO, from: Speaker::Client, text });
        let hello_text = Some(reply.to_owned());
        probe.conversation.plaintext = Some(Capabilities { hello_text, ..Capabilities::default() });
    }
    observation
}

fn seen(replies: &[(&str, &str, &str)]) -> Vec<String> {
    let observations: Vec<_> = replies.iter().map(|(host, hello, reply)| saying(host, hello, reply)).collect();
    seen_as(observations.iter()).iter().map(ToString::to_string).collect()
}

#[test]
fn the_address_is_read_in_the_forms_that_servers_write() {
    for reply in [
        "mx at your service, [203.0.113.9]",
        "mx Hello client.test [203.0.113.9], pleased to meet you",
        "mx Hello ([203.0.113.9])",
        "mx Hello client.test (203.0.113.9)",
        "mx Hello [::ffff:203.0.113.9]",
    ] {
        assert_eq!(seen(&[("mx.test", "client.test", reply)]), ["203.0.113.9"], "{reply}");
    }
    assert_eq!(seen(&[("mx.test", "client.test", "mx Hello [IPv6:2001:db8::9]")]), ["2001:db8::9"]);
}

#[test]
fn what_is_only_repeated_or_means_nobody_does_not_count() {
    assert!(seen(&[("mx.test", "[192.168.1.5]", "mx Hello [192.168.1.5]")]).is_empty());
    assert!(seen(&[("mx.test", "client.test", "mx Hello [127.0.0.1] 0.0.0.0")]).is_empty());
    assert!(seen(&[("mx.test", "client.test", "I am 192.0.2.5")]).is_empty(), "the server's own address");
    assert_eq!(seen(&[("mx.test", "[203.0.113.9]", "mx Hello [203.0.113.9]")]), ["203.0.113.9"]);
    let behind_a_nat = [("mx.test", "[192.168.1.5]", "mx Hello [192.168.1.5] [203.0.113.9]")];
    assert_eq!(seen(&behind_a_nat), ["203.0.113.9"]);
}

#[test]
fn what_several_say_outweighs_what_one_says() {
    let one = ("a.test", "c.test", "a [203.0.113.9]");
    let two = ("b.test", "c.test", "b [203.0.113.9]");
    let liar = ("l.test", "c.test", "l [198.51.100.1]");
    assert_eq!(seen(&[one, two, liar]), ["203.0.113.9"]);
    assert_eq!(seen(&[one, liar]), ["198.51.100.1", "203.0.113.9"]);
    assert_eq!(seen(&[one, one, liar]), ["198.51.100.1", "203.0.113.9"], "one host twice is one voice");
}

#[test]
fn a_refusal_counts_as_one_of_this_address_only_where_it_is() {
    let answer = |text: &str| {
        let status = if text.starts_with('4') { Status::Temporary } else { Status::Permanent };
        let enhanced = text.split(' ').nth(1).filter(|code| code.split('.').count() == 3).map(str::to_owned);
        let stop = Stop::Rejected(Reply { enhanced, ..reply(status, text) });
        let observation = ended_by_dialogue(Service::Smtp, Stage::Greeting, stop);
        relay_answer(&observation, &diagnose(&observation))
    };
    assert_eq!(answer("554 5.7.1 Client host [203.0.113.9] blocked using bl.test"), RelayAnswer::Refused);
    assert_eq!(answer("450 4.7.1 cannot find your reverse hostname"), RelayAnswer::Refused);
    assert_eq!(answer("554 5.7.1 You are not welcome here"), RelayAnswer::Refused);
    assert_eq!(answer("421 4.7.0 Too many connections, try later"), RelayAnswer::Served);
    assert_eq!(answer("521 mx.test does not accept mail"), RelayAnswer::Served);
    assert_eq!(answer("554 No SMTP service here"), RelayAnswer::Served);
    assert_eq!(answer("554 5.3.2 We do not like Tuesdays"), RelayAnswer::Served);
}

#[test]
fn addresses_that_mean_something_only_inside_a_network_are_private() {
    for private in ["10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.0.1", "100.64.0.1", "fd00::1", "fe80::1"] {
        assert!(is_private(ip(private)), "{private}");
    }
    for public in ["203.0.113.9", "100.128.0.1", "172.32.0.1", "2001:db8::1"] {
        assert!(!is_private(ip(public)), "{public}");
    }
}
