//! Two sweeps in, one place out.

use proptest::prelude::*;

use super::super::evidence::{HopEvidence, Pair};
use super::super::locate::{TraceRequest, locate};
use super::{HOST, answer, prohibited, router};
use crate::observation::path::{How, Path, Place};
use crate::transport::hop::Said;

/// A sweep as a word, nearest hop first: `t` time exceeded from the router there, `u` from another router, `h` from the
/// host's own address, `c` connected, `r` refused, `-` silence, `.` not tried; ICMP `i` from the router one hop before,
/// `I` from the host, `o` from this machine, `s` from a stranger.
fn sweep(word: &str) -> Vec<HopEvidence> {
    let said = |(ttl, letter): (u8, char)| match letter {
        't' => Said::TimeExceeded(Some(router(ttl))),
        'u' => Said::TimeExceeded(Some(router(100 + ttl))),
        'h' => Said::TimeExceeded(Some(HOST)),
        'c' => Said::Connected,
        'r' => Said::Refused,
        '-' => Said::Silence,
        'i' => Said::Icmp { icmp: prohibited(router(ttl - 1)), from_here: false },
        'I' => Said::Icmp { icmp: prohibited(HOST), from_here: false },
        'o' => Said::Icmp { icmp: prohibited(router(0)), from_here: true },
        's' => Said::Icmp { icmp: prohibited(router(200)), from_here: false },
        _ => Said::NotTried,
    };
    (1..).zip(word.chars()).map(said).map(answer).collect()
}

fn pairs(port: &[HopEvidence], control: &[HopEvidence]) -> Vec<Pair> {
    (1..).zip(port.iter().zip(control)).map(|(ttl, (&port, &control))| Pair { ttl, port, control }).collect()
}

fn located(port: &str, control: &str) -> Path {
    let request = TraceRequest { address: HOST, is_here: false, port: 25, control_port: 443 };
    locate(&request, &pairs(&sweep(port), &sweep(control)))
}

fn edges(path: &Path) -> (u8, u8) {
    (path.after.map_or(0, |edge| edge.ttl), path.before.map_or(0, |edge| edge.ttl))
}

#[test]
fn every_case_is_located() {
    use How::{Drop, Icmp, Intercept, Reset};
    use Place::{Destination, Nowhere, ThisMachine, ThisMachineOrFirstHop, Unknown};
    let here = ThisMachineOrFirstHop;
    for (port, control, place, how, between) in [
        // The table of signatures.
        ("tttc", "tttc", Nowhere, None, (0, 0)),
        ("tt--", "tttc", Place::Path, Some(Drop), (2, 3)),
        ("tti.", "tttc", Place::Path, Some(Icmp), (2, 3)),
        ("ttr.", "tttc", Place::Path, Some(Reset), (2, 3)),
        ("cccc", "tttc", here, Some(Intercept), (0, 1)),
        ("----", "tttc", here, Some(Drop), (0, 1)),
        ("oooo", "tttc", ThisMachine, Some(Icmp), (0, 1)),
        ("ttt-", "tttc", Destination, Some(Drop), (3, 4)),
        ("tttI", "tttc", Destination, Some(Icmp), (3, 4)),
        ("tttr", "tttc", Destination, Some(Reset), (3, 4)),
        // The port that is compared with is closed, or swallowed at the host.
        ("tt--", "tttr", Place::Path, Some(Drop), (2, 3)),
        ("tt--", "ttt-", Place::Path, Some(Drop), (2, 3)),
        ("tttc", "ttt-", Nowhere, None, (0, 0)),
        ("tttr", "ttt-", Unknown, Some(Reset), (3, 4)),
        ("ttr.", "ttt-", Place::Path, Some(Reset), (2, 3)),
        // A host that answers neither port.
        ("ttt-", "ttt-", Unknown, None, (3, 0)),
        ("----", "----", Unknown, None, (0, 0)),
        ("", "", Unknown, None, (0, 0)),
        // Mute routers.
        ("-t-c", "-t-c", Nowhere, None, (0, 0)),
        ("t---", "t-tc", Place::Path, Some(Drop), (1, 3)),
        ("tt--", "tt-c", Unknown, Some(Drop), (2, 4)),
        ("----", "-ttc", Unknown, Some(Drop), (0, 2)),
        ("-r..", "-ttc", Place::Path, Some(Reset), (0, 2)),
        // A tired router answered one port only.
        ("-ttc", "tttc", Nowhere, None, (0, 0)),
        ("t-t-", "tttc", Destination, Some(Drop), (3, 4)),
        // One hop before the end: a load balancer or a port forwarding.
        ("ttcc", "tttc", Nowhere, None, (0, 0)),
        ("tttc", "ttc.", Nowhere, None, (0, 0)),
        ("ttr.", "tthc", Destination, Some(Reset), (2, 3)),
        ("tc..", "tthc", Nowhere, None, (0, 0)),
        // A proxy clearly before the end, reached or not.
        ("tccc", "tttc", Place::Path, Some(Intercept), (1, 2)),
        ("tccc", "ttt-", Place::Path, Some(Intercept), (1, 2)),
        ("ttcc", "ttt-", Nowhere, None, (0, 0)),
        ("-ccc", "-ttttc", Place::Path, Some(Intercept), (0, 2)),
        // Two ways: nothing is blamed for their difference.
        ("utcc", "tttttc", Nowhere, None, (0, 0)),
        ("tu-", "tttc", Unknown, Some(Drop), (2, 3)),
        ("tur.", "tttc", Unknown, Some(Reset), (2, 3)),
        ("tu----", "tttttc", Place::Path, Some(Drop), (2, 3)),
        ("tttt-", "tttcc", Unknown, None, (4, 0)),
        // A host one hop away, and two.
        ("c", "c", Nowhere, None, (0, 0)),
        ("-", "c", here, Some(Drop), (0, 1)),
        ("r", "c", Destination, Some(Reset), (0, 1)),
        ("I", "c", Destination, Some(Icmp), (0, 1)),
        ("t-", "tc", Destination, Some(Drop), (1, 2)),
        // A reset from close by.
        ("r...", "tttc", here, Some(Reset), (0, 1)),
        // ICMP from who never answered otherwise: too early for the host, at its distance, or who knows.
        ("ts..", "tttc", Place::Path, Some(Icmp), (1, 2)),
        ("ttts", "tttc", Destination, Some(Icmp), (3, 4)),
        ("ttts", "ttt-", Unknown, Some(Icmp), (3, 4)),
        // The last router knows no such host: both ports end there.
        ("ttti", "ttti", Place::Path, Some(Icmp), (3, 4)),
    ] {
        // The shorter sweep ended first.
        let length = port.len().max(control.len());
        let path = located(&format!("{port:.<length$}"), &format!("{control:.<length$}"));
        assert_eq!((path.place, path.how, edges(&path)), (place, how, between), "{port} beside {control}: {path:#?}");
    }
}

#[test]
fn edges_bear_the_address_of_who_is_there() {
    let path = located("tt--", "tttc");
    assert_eq!(path.after.and_then(|edge| edge.address), Some(router(2)));
    assert_eq!(path.before.and_then(|edge| edge.address), Some(router(3)));
    let path = located("ttt-", "tttc");
    assert_eq!(path.before.and_then(|edge| edge.address), Some(HOST));
    // On another way there is another router.
    let path = located("tu----", "tttttc");
    assert_eq!(path.before.and_then(|edge| edge.address), None);
}

#[test]
fn on_loopback_the_host_is_this_machine_and_silence_is_its_own() {
    let request = TraceRequest { address: HOST, is_here: true, port: 25, control_port: 443 };
    let path = |port, control| locate(&request, &pairs(&sweep(port), &sweep(control)));
    assert_eq!(path("c", "r").place, Place::Nowhere);
    assert_eq!(path("r", "r").place, Place::Destination);
    assert_eq!(path("-", "r").place, Place::Destination);
    assert_eq!(path("o", "r").place, Place::ThisMachine);
}

fn any_sweep() -> impl Strategy<Value = String> {
    "[tuhcr.iIos-]{0,12}".prop_filter("a router before the first hop", |word| !word.starts_with('i'))
}

proptest! {
    #[test]
    fn no_evidence_is_too_odd(port in any_sweep(), control in any_sweep()) {
        let path = located(&port, &control);
        let sent_from_here = port.contains('o');
        // This machine is blamed only by its own word.
        prop_assert!(path.place != Place::ThisMachine || sent_from_here);
        // Who answers in the host's place is named only beside a router that stands clearly before the host.
        if path.how == Some(How::Intercept) {
            let proven = port.chars().zip(control.chars()).any(|pair| matches!(pair, ('c', 't' | 'u')));
            prop_assert!(proven);
        }
        prop_assert!(path.place != Place::Nowhere || path.how.is_none());
        prop_assert_eq!(path.icmp.is_some(), path.how == Some(How::Icmp));
        if let (Some(after), Some(before)) = (path.after, path.before) {
            prop_assert!(after.ttl < before.ttl);
        }
    }

    #[test]
    fn a_way_that_answers_is_open(hops in 0..29_usize) {
        let way = "t".repeat(hops) + "c";
        prop_assert_eq!(located(&way, &way).place, Place::Nowhere);
    }

    /// Mute routers change nothing: what may be the host's doing is never blamed on the way.
    #[test]
    fn what_may_be_the_hosts_is_not_blamed_on_the_way(mute in "[t-]{0,20}", end in "[-rI]", control in "[cr]") {
        let path = located(&format!("{mute}{end}"), &format!("{mute}{control}"));
        prop_assert_ne!(path.place, Place::Path);
        prop_assert_ne!(path.place, Place::ThisMachine);
    }
}
