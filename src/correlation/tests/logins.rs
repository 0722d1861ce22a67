//! Logins: the same refusal once, and what one port tells about the others.

use super::*;
use crate::diagnosis::tests::logins::{USER, acceptance, logged_in, refusal};
use crate::observation::{LoginOutcome, Withheld};

const WRONG: &str = "535 5.7.8 Authentication failed";

fn told(observations: &[Observation]) -> Vec<(FindingId, Vec<u16>)> {
    causes_of(observations, HOST_FACTS).into_iter().map(|cause| (cause.id, cause.ports)).collect()
}

#[test]
fn the_same_refusal_is_one_cause() {
    let observations = [
        logged_in(Service::Submission, refusal(WRONG)),
        logged_in(Service::Imaps, refusal("NO [AUTHENTICATIONFAILED] Authentication failed.")),
        logged_in(Service::Pop3s, LoginOutcome::Withheld(Withheld::RefusedBefore)),
    ];
    let causes = causes_of(&observations, HOST_FACTS);
    assert_eq!(
        told(&observations),
        [(FindingId::LoginWrongPassword, vec![587, 993]), (FindingId::LoginNotTried, vec![995]),]
    );
    assert_eq!(causes[0].evidence.len(), 2, "{causes:?}");
    assert!(causes[0].message.contains(USER));
}

#[test]
fn what_is_accepted_somewhere_is_right() {
    for (refusing, accepting, is_of_sending) in [
        (Service::Submission, Service::Imaps, true),
        (Service::Submissions, Service::Pop3s, true),
        (Service::Imaps, Service::Submission, false),
        (Service::Submission, Service::Submissions, false),
    ] {
        for outcome in [refusal(WRONG), refusal("554 no"), LoginOutcome::Unanswered] {
            let is_unanswered = outcome == LoginOutcome::Unanswered;
            let observations = [logged_in(refusing, outcome), logged_in(accepting, acceptance())];
            let causes = causes_of(&observations, HOST_FACTS);
            let [refused, accepted] = causes.as_slice() else { panic!("{causes:?}") };
            assert_eq!((refused.ports[0], refused.severity), (refusing.port(), Severity::Error));
            assert_eq!((accepted.id, accepted.severity), (FindingId::LoginAccepted, Severity::Info));
            let guesses = refused.message.contains("switched off");
            assert_eq!(guesses, is_of_sending && !is_unanswered, "{refused:?}");
            let hint = refused.hint.as_deref().unwrap_or_default();
            assert!(hint.contains("are right") && !hint.contains("Check"), "{hint}");
            assert!(refused.summary.is_some());
        }
    }
}

#[test]
fn a_refusal_that_says_why_keeps_its_reason() {
    let off = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.";
    let observations = [logged_in(Service::Submission, refusal(off)), logged_in(Service::Imaps, acceptance())];
    assert_eq!(
        told(&observations),
        [(FindingId::LoginPasswordsOff, vec![587]), (FindingId::LoginAccepted, vec![993]),]
    );
}

#[test]
fn where_it_works_is_told_once_with_the_method() {
    let observations = [Service::Submission, Service::Imaps].map(|service| logged_in(service, acceptance()));
    let causes = causes_of(&observations, HOST_FACTS);
    let [cause] = causes.as_slice() else { panic!("{causes:?}") };
    assert_eq!(cause.message, "Ports 587 and 993 accept the login of user@example.org. The mailbox was not opened.");
    assert_eq!(cause.evidence, ["ports 587 and 993: PLAIN"]);
}
