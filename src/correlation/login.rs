//! A login back end that is down or hangs: every service that asks it fails, each in a way of its own.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, State};
use crate::observation::Stage;
use crate::words::{capitalised, distinct};

/// What the ports of a server that waits for its login back end come to.
const SYMPTOMS: [FindingId; 5] = [
    FindingId::LoginBackendHangs,
    FindingId::NoGreeting,
    FindingId::ReplyTimeout,
    FindingId::ConnectionClosed,
    FindingId::GreetingTooSlow,
];

pub(super) fn explain(view: &mut View<'_>) {
    hanging(view);
    ending_inside_tls(view);
}

/// A server says that its login process does not respond; what else is mute there, probably is so for the same reason.
fn hanging(view: &mut View<'_>) {
    let says_so = view.places(|seen| seen.finding(FindingId::LoginBackendHangs).is_some());
    if says_so.is_empty() {
        return;
    }
    let is_mute = |seen: &JudgedState<'_>| {
        let state = matches!(seen.state(), State::NoGreeting | State::ReplyTimeout | State::GreetingTooSlow);
        state
            && view.at(&says_so).any(|one| one.host() == seen.host())
            && seen.finding(FindingId::LoginBackendHangs).is_none()
    };
    let mute = view.places(is_mute);
    let also = if mute.is_empty() {
        String::new()
    } else {
        let verb = if view.port_numbers(&mute).len() == 1 { "is" } else { "are" };
        format!(" {} {verb} mute, probably for the same reason.", capitalised(&view.ports(&mute)))
    };
    let told = view.ports(&says_so);
    let verb = if view.port_numbers(&says_so).len() == 1 { "says" } else { "say" };
    let places: Vec<usize> = says_so.iter().chain(&mute).copied().collect();
    let cause = Cause::new(
        FindingId::LoginBackendHangs,
        view.gravest(&places),
        format!("The server's login (authentication) process does not respond: {told} {verb} so.{also}"),
    )
    .evidence(view.evidence(&says_so, FindingId::LoginBackendHangs))
    .hint(
        "On the server, look at the login process and what it asks (a database, LDAP, PAM), and restart it: with \
         Dovecot, its auth process.",
    )
    .summary("The server accepts connections, but its login process does not respond.");
    view.add(cause, &places, &SYMPTOMS);
}

/// The server ends connections right after TLS is up: with Postfix, the mark of a login back end that cannot be reached.
fn ending_inside_tls(view: &mut View<'_>) {
    let ended = |seen: &JudgedState<'_>| {
        let mut tls = seen.observation.attempts.iter().filter_map(|attempt| attempt.tls.as_ref());
        let is_up = tls.any(|tls| tls.version.is_some());
        let stage = seen.diagnosis.failed_stage;
        let is_inside = is_up && matches!(stage, Some(Stage::Greeting | Stage::SecuredCapabilities));
        is_inside && seen.finding(FindingId::ConnectionClosed).is_some()
    };
    let places = view.places(ended);
    let plural = view.port_numbers(&places).len() > 1;
    if !plural {
        return;
    }
    let evidence = view.at(&places).filter_map(|seen| {
        let stage = seen.diagnosis.failed_stage?;
        Some(format!("port {}: closed at {stage}, inside TLS", seen.port()))
    });
    let cause = Cause::new(
        FindingId::ConnectionClosed,
        view.gravest(&places),
        format!(
            "{} set up TLS, then the server closes the connection: probably what it needs next does not answer, such as \
             its login back end.",
            capitalised(&view.ports(&places))
        ),
    )
    .evidence(distinct(evidence))
    .hint("Look into the server's log for this time: the login back end (with Postfix, Dovecot's auth service) may be down.");
    view.add(cause, &places, &[FindingId::ConnectionClosed]);
}
