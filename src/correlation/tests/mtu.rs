//! Large packets that get lost.

use super::*;
use crate::observation::{Limit, Purpose, StageOutcome, StopCause, TlsFailureKind};

/// Large packets from the server do not arrive, large ones to it do.
fn behind_a_black_hole(service: Service) -> Observation {
    let stalled = handshake_failed(service, TlsFailureKind::TimedOut(Limit::Stage));
    let small = |observation| {
        looked(observation, Purpose::SmallSegments, |look| {
            look.stages.push(record(Stage::Tls, StageOutcome::Ok, 0.1));
            look.tls = Some(tls());
        })
    };
    looked(small(small(stalled)), Purpose::ClassicHello, |look| {
        look.stages.push(record(Stage::Tls, StageOutcome::Failed, 5.0));
        look.stop = stopped(Stage::Tls, StopCause::TimedOut(Limit::Stage));
    })
}

#[test]
fn lost_large_packets_are_a_matter_of_the_way() {
    let hole = FindingId::MtuBlackHole;
    let ports = [465, 587];
    let these = |make: fn(Service) -> Observation| [make(Service::Submissions), make(Service::Submission)];
    check(
        "two ports",
        &these(behind_a_black_hole),
        HOST_FACTS,
        &[(hole, &ports, &["from the server", "should tell the server", "!update", "!share"])],
    );
    let both = [these(behind_a_black_hole), these(|service| at(OTHER, behind_a_black_hole(service)))].concat();
    check("two addresses", &both, HOST_FACTS, &[(hole, &ports, &["that they share", ADDRESS, OTHER])]);
    let one = [these(behind_a_black_hole), these(|service| at(OTHER, healthy(service)))].concat();
    check("one address of two", &one, HOST_FACTS, &[(hole, &ports, &[&format!("With {OTHER} the usual"), ADDRESS])]);
    let causes = causes_of(&these(behind_a_black_hole), HOST_FACTS);
    let summary = causes.iter().find(|cause| cause.id == hole).and_then(|cause| cause.summary.clone());
    let expected =
        format!("TLS fails on ports 465 and 587 of {ADDRESS}: large packets from the server get lost on the way here.");
    assert_eq!(summary, Some(expected));
    let evidence = causes.iter().find(|cause| cause.id == hole).map(|cause| cause.evidence.join("\n"));
    let expected =
        "TLS handshakes: as usual, stalled; with small packets, worked twice; with a small ClientHello, stalled";
    assert_eq!(evidence.as_deref(), Some(expected));
}
