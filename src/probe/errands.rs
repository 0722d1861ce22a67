//! What is done beyond looking, and how often in a run: a login once for each service, an envelope once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::sleep;

use crate::protocol::{LoginOutcome, LoginTalk, Refrained, Withheld};
use crate::service::Protocol;
use crate::target::{Endpoint, Host};

/// After so many refused logins no more are made in a run: firewalls that count failures begin to lock out at three.
const MOST_REFUSALS: usize = 2;

/// Where its protocol's login was refused at another port, a login lets others go first for so long: what they come to tells
/// more than the same question again.
const OTHERS_FIRST: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Errands {
    logins: Arc<Mutex<Logins>>,
    /// Whether an envelope was asked for.
    envelope: Mutex<bool>,
}

/// The logins of a run, one after the other.
#[derive(Debug, Default)]
struct Logins {
    /// Where one was made, at whichever address.
    made: BTreeSet<(Host, u16)>,
    /// What was spoken where one was refused.
    refused: Vec<Protocol>,
}

/// Leave to log in. Nobody else does until it is over.
#[derive(Debug)]
pub(super) struct LoginTurn {
    logins: OwnedMutexGuard<Logins>,
    protocol: Protocol,
}

impl Errands {
    /// Waits until a login may be made at this service; or says why none is to be.
    pub(super) async fn login_turn(&self, endpoint: &Endpoint) -> Result<LoginTurn, Withheld> {
        let protocol = endpoint.service.protocol();
        let service = (endpoint.host.clone(), endpoint.port);
        let mut logins = Arc::clone(&self.logins).lock_owned().await;
        if logins.refused.contains(&protocol) {
            drop(logins);
            sleep(OTHERS_FIRST).await;
            logins = Arc::clone(&self.logins).lock_owned().await;
        }
        if logins.made.contains(&service) {
            return Err(Withheld::MadeElsewhere);
        }
        if logins.refused.len() >= MOST_REFUSALS {
            return Err(Withheld::RefusedBefore);
        }
        logins.made.insert(service);
        Ok(LoginTurn { logins, protocol })
    }

    /// Whether the envelope may be asked for here: whoever comes first.
    pub(super) async fn envelope(&self) -> Result<(), Refrained> {
        let mut is_asked = self.envelope.lock().await;
        if std::mem::replace(&mut *is_asked, true) { Err(Refrained::AskedElsewhere) } else { Ok(()) }
    }
}

impl LoginTurn {
    /// The login is over: what became of it.
    pub(super) fn end(mut self, login: Option<&LoginTalk>) {
        // A server that sees the client hang up may count that, too.
        let is_counted =
            !matches!(login.map(|login| &login.outcome), Some(LoginOutcome::Accepted(_) | LoginOutcome::Withheld(_)));
        let protocol = self.protocol;
        self.logins.refused.extend(is_counted.then_some(protocol));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service;

    fn at(service: Service) -> Endpoint {
        Endpoint {
            host: "a.example".parse().expect("a host"),
            address: None,
            port: service.port(),
            service,
            security: service.security(),
            sources: Vec::new(),
        }
    }

    fn withheld() -> LoginTalk {
        LoginTalk { mechanism: None, outcome: LoginOutcome::Withheld(Withheld::NoMechanism), detail: None }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_logged_in_to_once_and_two_refusals_end_it() {
        let errands = Errands::default();
        let turn = async |service| errands.login_turn(&at(service)).await;
        turn(Service::Submission).await.expect("a turn").end(Some(&withheld()));
        assert_eq!(turn(Service::Submission).await.expect_err("once"), Withheld::MadeElsewhere);
        turn(Service::Submissions).await.expect("a turn").end(None);
        turn(Service::Imaps).await.expect("a turn").end(None);
        assert_eq!(turn(Service::Pop3s).await.expect_err("no more"), Withheld::RefusedBefore);
    }

    #[tokio::test(start_paused = true)]
    async fn where_a_protocol_was_refused_others_go_first() {
        let errands = Errands::default();
        let turn = async |service| errands.login_turn(&at(service)).await;
        turn(Service::Submissions).await.expect("a turn").end(None);
        let again = async { turn(Service::Submission).await.map(drop) };
        let other = async { turn(Service::Imaps).await.expect("another protocol").end(None) };
        let (again, ()) = tokio::join!(again, other);
        assert_eq!(again.expect_err("two refusals"), Withheld::RefusedBefore);

        let errands = Errands::default();
        errands.login_turn(&at(Service::Submissions)).await.expect("a turn").end(None);
        errands.login_turn(&at(Service::Submission)).await.expect("nobody else wants a turn").end(None);
    }

    #[tokio::test]
    async fn an_envelope_is_asked_for_once() {
        let errands = Errands::default();
        assert_eq!(errands.envelope().await, Ok(()));
        assert_eq!(errands.envelope().await, Err(Refrained::AskedElsewhere));
    }
}
