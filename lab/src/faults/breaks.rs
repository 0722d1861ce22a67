//! Conversations that end, or stand still, at a stage.

use super::fault::{CLEAR_AT_FIRST, Fault, WITH_STARTTLS, WITH_TLS};
use crate::behaviour::Security;
use crate::script::{Act, Moment};

/// Whether the server still does the usual thing first.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Instead,
    After,
}

/// `close-on-accept` … `stall-on-quit`: each way to break off at each stage.
pub(super) fn faults() -> Vec<Fault> {
    use Order::{After, Instead};
    const ANY: &[Security] = super::fault::ANY_SECURITY;
    let ways = [
        ("close", "ends the stream in good order", Act::Close),
        ("cut", "ends the stream without TLS's close_notify", Act::Cut),
        ("reset", "resets the connection", Act::Reset),
        ("stall", "says nothing more", Act::Stall),
    ];
    let stages = [
        ("on-accept", "as soon as the connection is there", Moment::Accept, Instead, ANY),
        ("after-greeting", "after the greeting", Moment::Greeting, After, ANY),
        ("on-capabilities", "when asked for its capabilities", Moment::Capabilities, Instead, CLEAR_AT_FIRST),
        ("after-capabilities", "after its capabilities", Moment::Capabilities, After, CLEAR_AT_FIRST),
        ("on-starttls", "when asked for TLS", Moment::StartTls, Instead, WITH_STARTTLS),
        ("in-handshake", "after the client's TLS hello", Moment::Handshake, Instead, WITH_TLS),
        ("after-tls", "once TLS is up", Moment::Secured, Instead, WITH_TLS),
        (
            "on-secured-capabilities",
            "when asked for its capabilities inside TLS",
            Moment::SecuredCapabilities,
            Instead,
            WITH_TLS,
        ),
        (
            "after-secured-capabilities",
            "after its capabilities inside TLS",
            Moment::SecuredCapabilities,
            After,
            WITH_TLS,
        ),
        ("on-quit", "in place of a farewell", Moment::Quit, Instead, ANY),
    ];
    let mut faults = vec![Fault::new("silent", "accepts and says nothing", |behaviour| {
        behaviour.at(Moment::Greeting, [Act::Stall])
    })];
    for (how, does, act) in ways {
        for (stage, when, moment, order, securities) in stages {
            let act = act.clone();
            let change = move |behaviour: crate::Behaviour| match order {
                After => behaviour.at(moment, [Act::Usual, act.clone()]),
                Instead => behaviour.at(moment, [act.clone()]),
            };
            faults.push(Fault::new(format!("{how}-{stage}"), format!("{does} {when}"), change).secured(securities));
        }
    }
    faults
}
