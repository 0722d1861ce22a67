//! A login at one endpoint: whether it may be made, in which way, and that nothing of the secret is kept.

use std::borrow::Cow;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::deadlines::Deadlines;
use super::errands::LoginTurn;
use super::wire::Plain;
use crate::login::{BindingKind, Blotter, ChannelBinding, Credential, LoginOffer, choose};
use crate::observation::{Limit, StopCause};
use crate::protocol::sasl::Way;
use crate::protocol::{Capabilities, LoginTalk, Withheld};
use crate::service::Protocol;
use crate::target::{Endpoint, Source};
use crate::transport::channel_binding::{exporter, server_end_point};
use crate::transport::tls::TlsSession;

pub(super) struct Login<'a> {
    credential: &'a Credential,
    endpoint: &'a Endpoint,
    /// Whether there is TLS, with a certificate that was verified. Without that nothing secret is sent.
    secured: Secured,
    binding: Option<ChannelBinding>,
    /// The leave to log in, as long as that is being done.
    turn: Option<LoginTurn>,
    /// Once the secret may have been sent.
    blotter: Option<Blotter>,
}

enum Secured {
    NotAtAll,
    /// With a certificate that anybody might have.
    Untrusted,
    Well,
}

impl<'a> Login<'a> {
    pub(super) fn new(credential: &'a Credential, endpoint: &'a Endpoint) -> Self {
        Self { credential, endpoint, secured: Secured::NotAtAll, binding: None, turn: None, blotter: None }
    }

    /// TLS is up.
    pub(super) fn bind(&mut self, session: &TlsSession<Plain>) {
        let TlsSession { stream, facts } = session;
        let is_verified = facts.faults.is_empty() && facts.certificate.is_some();
        self.secured = if is_verified { Secured::Well } else { Secured::Untrusted };
        let exported = exporter(stream.get_ref().1).map(|data| (BindingKind::TlsExporter, data));
        let end_point = || Some((BindingKind::TlsServerEndPoint, server_end_point(facts.presented.first()?)?));
        self.binding = exported.or_else(end_point).map(|(kind, data)| ChannelBinding { kind, data: data.into() });
    }

    /// Waits until it is this login's turn; or says why it is not to be tried.
    pub(super) async fn ask(
        &mut self,
        offered: Option<&Capabilities>,
        deadlines: &Deadlines<'_>,
    ) -> Result<Result<Way, Withheld>, StopCause> {
        match self.secured {
            Secured::NotAtAll => return Ok(Err(Withheld::NoTls)),
            Secured::Untrusted => return Ok(Err(Withheld::Untrusted)),
            Secured::Well => {}
        }
        if !is_vouched_for(self.endpoint, self.credential.user()) {
            return Ok(Err(Withheld::NotNamed));
        }
        let Endpoint { host, port, service, .. } = self.endpoint;
        let offer = LoginOffer {
            mechanisms: offered.map(|offered| offered.mechanisms.as_slice()).unwrap_or_default(),
            password_command: offered.is_some_and(|offered| offered.password_login)
                && service.protocol() != Protocol::Smtp,
            binding: self.binding.take(),
            host: &host.to_string(),
            port: *port,
        };
        let Some(way) = choose(self.credential, &offer) else { return Ok(Err(Withheld::NoMechanism)) };
        // Others may be slow at theirs.
        let turn = deadlines.context.errands.login_turn(self.endpoint);
        let turn = match deadlines.wait(deadlines.last_beginning(), turn).await {
            // That is no silence of the server's.
            Err(StopCause::TimedOut(Limit::Stage | Limit::Endpoint)) => Err(Withheld::NoTimeLeft),
            turn => turn?,
        };
        Ok(turn.map(|turn| {
            self.turn = Some(turn);
            self.blotter = Some(self.credential.blotter().clone());
            way
        }))
    }

    /// What came, without the secret.
    pub(super) fn blot<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.blotter.as_ref().map_or(Cow::Borrowed(bytes), |blotter| blotter.blot(bytes))
    }

    /// Lets the next one have its turn, once it is known what became of this.
    pub(super) fn end(&mut self, login: Option<&LoginTalk>) {
        if let Some(turn) = self.turn.take() {
            turn.end(login);
        }
    }
}

/// Computes the answer in a login, which may take a second: SCRAM hashes the password as often as the server asks. Other
/// probes go on meanwhile, where there are other threads for them; a runtime of one thread has none.
pub(super) fn compute<T>(answer: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(answer),
        _ => answer(),
    }
}

/// Whether more than the DNS, or a file that was found by way of it, says that this is the user's server: the user, the
/// built-in table, or its own name. Whoever answers for the DNS can name a server of theirs, which has a good certificate
/// for that name (RFC 6186, section 6).
fn is_vouched_for(endpoint: &Endpoint, user: &str) -> bool {
    let is_named = endpoint
        .sources
        .iter()
        .any(|source| matches!(source, Source::User | Source::Default | Source::Builtin | Source::Guess));
    let site = |name: &str| psl::domain_str(name.trim_end_matches('.')).map(str::to_ascii_lowercase);
    let own = user.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    is_named
        || own.is_some_and(|own| {
            let host = endpoint.host.to_string().to_ascii_lowercase();
            host == own || site(&host).is_some_and(|host| Some(host) == site(&own))
        })
}

#[cfg(test)]
mod tests {
    use super::is_vouched_for;
    use crate::service::Service;
    use crate::target::{Endpoint, Source};
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::runtime::Builder;

    use super::compute;

    #[test]
    fn others_go_on_while_an_answer_is_computed() {
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (from_other, other) = mpsc::channel();
        let went_on = runtime.block_on(async {
            let answer = tokio::spawn(async move {
                tokio::spawn(async move { from_other.send(()) });
                compute(|| other.recv_timeout(Duration::from_secs(30)).is_ok())
            });
            answer.await.unwrap()
        });
        assert!(went_on);
    }

    #[test]
    fn on_one_thread_it_is_computed_all_the_same() {
        let runtime = Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { compute(|| 7) }), 7);
    }

    #[test]
    fn a_server_that_only_the_dns_names_must_be_of_the_users_domain() {
        let at = |host: &str, sources: &[Source]| Endpoint {
            host: host.parse().expect("a host"),
            address: None,
            port: 993,
            service: Service::Imaps,
            security: Service::Imaps.security(),
            sources: sources.to_vec(),
        };
        for (host, sources, user, expected) in [
            ("imap.elsewhere.example", &[Source::User][..], "anna@example.org", true),
            ("imap.elsewhere.example", &[Source::Default], "anna", true),
            ("imap.gmail.com", &[Source::Srv, Source::Builtin], "anna@example.org", true),
            ("mail.example.org", &[Source::Srv], "anna@Example.org", true),
            ("example.org", &[Source::Autoconfig], "anna@example.org", true),
            ("mail.example.org", &[Source::Pacc], "anna@dept.example.org", true),
            ("imap.elsewhere.com", &[Source::Srv], "anna@example.org", false),
            ("imap.elsewhere.com", &[Source::Autoconfig, Source::Ispdb, Source::Pacc], "anna@example.org", false),
            ("mail.example.org", &[Source::Srv], "anna", false),
            // Two that share nothing but a public suffix.
            ("mail.evil.co.uk", &[Source::Srv], "anna@good.co.uk", false),
            ("192.0.2.1", &[Source::Srv], "anna@example.org", false),
        ] {
            assert_eq!(is_vouched_for(&at(host, sources), user), expected, "{host} {sources:?} {user}");
        }
    }
}
