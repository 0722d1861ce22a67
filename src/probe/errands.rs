//! What is done beyond looking, and how often in a run: a login once for each service, an envelope once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::protocol::{LoginOutcome, LoginTalk, Refrained, Withheld};
use crate::target::Host;

/// After so many refused logins no more are made in a run: firewalls that count failures begin to lock out at three.
const MOST_REFUSALS: usize = 2;

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
    refused: usize,
}

/// Leave to log in. Nobody else does until it is over.
#[derive(Debug)]
pub(super) struct LoginTurn {
    logins: OwnedMutexGuard<Logins>,
}

impl Errands {
    /// Waits until a login may be made at this service; or says why none is to be.
    pub(super) async fn login_turn(&self, host: &Host, port: u16) -> Result<LoginTurn, Withheld> {
        let mut logins = Arc::clone(&self.logins).lock_owned().await;
        if logins.refused >= MOST_REFUSALS {
            return Err(Withheld::RefusedBefore);
        }
        if !logins.made.insert((host.clone(), port)) {
            return Err(Withheld::MadeElsewhere);
        }
        Ok(LoginTurn { logins })
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
        self.logins.refused += usize::from(is_counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> Host {
        name.parse().expect("a host")
    }

    fn withheld() -> LoginTalk {
        LoginTalk { mechanism: None, outcome: LoginOutcome::Withheld(Withheld::NoMechanism), detail: None }
    }

    #[tokio::test]
    async fn a_service_is_logged_in_to_once_and_two_refusals_end_it() {
        let errands = Errands::default();
        let turn = errands.login_turn(&host("a.example"), 587).await.expect("a turn");
        turn.end(Some(&withheld()));
        assert_eq!(errands.login_turn(&host("a.example"), 587).await.expect_err("once"), Withheld::MadeElsewhere);
        for port in [465, 993] {
            errands.login_turn(&host("a.example"), port).await.expect("a turn").end(None);
        }
        assert_eq!(errands.login_turn(&host("a.example"), 995).await.expect_err("no more"), Withheld::RefusedBefore);
    }

    #[tokio::test]
    async fn an_envelope_is_asked_for_once() {
        let errands = Errands::default();
        assert_eq!(errands.envelope().await, Ok(()));
        assert_eq!(errands.envelope().await, Err(Refrained::AskedElsewhere));
    }
}
