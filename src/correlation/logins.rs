//! Logins that were asked for: once for all ports, and what one of them tells about the others.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, Severity};
use crate::observation::{LoginAsked, LoginOutcome};
use crate::service::Role;
use crate::words::{capitalised, distinct, ports};

/// What speaks against the name and the secret by itself, and against the server where another port takes them.
const DOUBTS: [FindingId; 4] =
    [FindingId::LoginWrongPassword, FindingId::LoginTokenRefused, FindingId::LoginRefused, FindingId::LoginNoAnswer];

const SWITCHED_OFF: &str = "Probably sending with a password (SMTP AUTH) is switched off for this mailbox.";
const SWITCH_ON: &str = "The name and password are right: look in the mailbox's settings for sending by mail programs, or ask the administrator to allow it. If you run the server, compare what its services ask about logins.";
const ASK_ABOUT_SERVICES: &str = "The name and password are right where they are accepted: perhaps not all services are allowed for this mailbox, or they look logins up in different places. Ask whoever runs the server.";
const COMPARE_SCOPES: &str =
    "The token is good where it is accepted. Compare its scope: IMAP, POP and SMTP may each need one of their own.";

pub(super) fn explain(view: &mut View<'_>) {
    let taken = view.places(|seen| seen.finding(FindingId::LoginAccepted).is_some());
    let asked = view.at(&taken).find_map(|seen| seen.observation.login.as_deref());
    if let Some(asked) = asked {
        refused_in_part(view, &taken, asked);
        accepted(view, &taken, asked);
    }
    refused_alike(view);
}

/// Some ports take the login that others refuse: the name and the secret are right.
fn refused_in_part(view: &mut View<'_>, taken: &[usize], asked: &LoginAsked) {
    for id in DOUBTS {
        let places = view.places(|seen| seen.finding(id).is_some());
        if places.is_empty() {
            continue;
        }
        let is_unanswered = id == FindingId::LoginNoAnswer;
        let verb = match (is_unanswered, view.port_numbers(&places).len()) {
            (true, 1) => "does not answer",
            (true, _) => "do not answer",
            (false, 1) => "refuses",
            (false, _) => "refuse",
        };
        let accepts = if view.port_numbers(taken).len() == 1 { "accepts" } else { "accept" };
        let (refusing, taking) = (capitalised(&view.ports(&places)), view.ports(taken));
        let fact = format!("{refusing} {verb} the login of {}, which {taking} {accepts}.", asked.user);
        let summary = format!("{refusing} {verb} the login that {taking} {accepts}.");
        let is_of_sending = view.at(&places).all(|seen| seen.is_of(Role::Submission))
            && !view.at(taken).any(|seen| seen.is_of(Role::Submission));
        let looks_switched_off = is_of_sending && !is_unanswered && !asked.token;
        let message = if looks_switched_off { format!("{fact} {SWITCHED_OFF}") } else { fact };
        let hint = match (asked.token, looks_switched_off) {
            (true, _) => COMPARE_SCOPES,
            (false, true) => SWITCH_ON,
            (false, false) => ASK_ABOUT_SERVICES,
        };
        let seen = view.at(&places).filter_map(|seen| {
            let with = mechanism(seen).map(|name| format!(", with {name}")).unwrap_or_default();
            Some(format!("port {}{with}: {}", seen.port(), seen.finding(id)?.evidence.as_ref()?))
        });
        let cause = Cause::new(id, view.gravest(&places), message).evidence(distinct(seen)).hint(hint).summary(summary);
        view.add(cause, &places, &[id]);
    }
}

/// Where the login works, once.
fn accepted(view: &mut View<'_>, taken: &[usize], asked: &LoginAsked) {
    let verb = if view.port_numbers(taken).len() == 1 { "accepts" } else { "accept" };
    let places = capitalised(&view.ports(taken));
    let message = format!("{places} {verb} the login of {}. The mailbox was not opened.", asked.user);
    let ways: Vec<(&str, u16)> = view.at(taken).filter_map(|seen| Some((mechanism(seen)?, seen.port()))).collect();
    let names = distinct(ways.iter().map(|(name, _)| *name));
    let evidence = names.into_iter().map(|name| {
        let numbers = distinct(ways.iter().filter(|(one, _)| *one == name).map(|(_, port)| *port));
        format!("{}: {name}", ports(&numbers))
    });
    let cause = Cause::new(FindingId::LoginAccepted, Severity::Info, message).evidence(evidence);
    view.add(cause, taken, &[FindingId::LoginAccepted]);
}

/// One cause, although what is known of the provider, or how the server fell silent, differs from port to port.
fn refused_alike(view: &mut View<'_>) {
    for id in [FindingId::LoginWrongPassword, FindingId::LoginNoAnswer] {
        let mut places = view.places(|seen| seen.finding(id).is_some());
        places.retain(|&place| !view.is_explained(place, id));
        // What says most stands for the others.
        let told = view.at(&places).filter_map(|seen| seen.finding(id)).max_by_key(|finding| finding.message.len());
        let Some(finding) = told.filter(|_| places.len() > 1) else { continue };
        let mut cause = Cause::of(finding);
        cause.severity = view.gravest(&places);
        cause.evidence = view.evidence(&places, id);
        view.add(cause, &places, &[id]);
    }
}

/// How the login was made.
fn mechanism<'a>(seen: &JudgedState<'a>) -> Option<&'a str> {
    let talk = seen.observation.probe()?.conversation.login.as_ref()?;
    let is_made = !matches!(talk.outcome, LoginOutcome::Withheld(_));
    is_made.then(|| talk.mechanism.as_deref().unwrap_or("the protocol's own login command"))
}
