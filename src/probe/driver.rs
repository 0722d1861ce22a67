//! One endpoint, from the connection to the farewell.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use tokio::time::Instant;
use tracing::debug;

use super::beside::Silence;
use super::closing::Closing;
use super::context::RunContext;
use super::deadlines::Deadlines;
use super::limits::TryLimits;
use super::log_in::Login;
use super::lost::caught;
use super::options::{MailSteps, PolicyLookups};
use super::packet_size;
use super::prober::Prober;
use super::pump::{Opening, Pump, wait_for_greeting};
use super::recorder::{Onlooker, Recorder};
use super::requests::Requests;
use super::second_look;
use super::tls_survey::TlsSurveyor;
use super::unprobed::unprobed;
use super::vigil::Vigil;
use crate::discovery::logins_at;
use crate::login::{Credential, CredentialSecret};
use crate::observation::{Attempt, LoginAsked, Observation, Purpose, SMALL_PACKET, Stage, StopCause};
use crate::protocol::imap::Imap;
use crate::protocol::line::LineSplitter;
use crate::protocol::pop3::Pop3;
use crate::protocol::smtp::Smtp;
use crate::protocol::{Dialogue, Envelope, Settings, Upgrade, Wants};
use crate::providers::{self, Day};
use crate::service::{Protocol, Role, Security, Service};
use crate::target::{Endpoint, Host};
use crate::transport::dial::{Connection, Dialing};
use crate::transport::interface::outgoing_interface;
use crate::transport::tap::Tap;
use crate::transport::tcp::ConnectError;
use crate::transport::tls::Hello;

/// The provider that is known not to offer the endpoint's port, where no connection came about.
fn not_offered_by(endpoint: &Endpoint, probe: Option<&Attempt>) -> Option<String> {
    probe?.stop.as_ref().filter(|stop| stop.stage == Stage::Connect)?;
    let Host::Name(host) = &endpoint.host else { return None };
    providers::known_not_to_offer(host, endpoint.port).map(|provider| provider.title.clone())
}

/// Who logs in at the endpoint, with what the provider table says about that today.
fn login_asked(endpoint: &Endpoint, credential: &Credential) -> LoginAsked {
    let domain = credential.user().rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_ascii_lowercase());
    let today = Day::of(SystemTime::now());
    LoginAsked {
        user: credential.user().to_owned(),
        token: matches!(credential.secret(), CredentialSecret::Token(_)),
        needs: logins_at(&endpoint.host, endpoint.port, endpoint.service.protocol(), &domain, &today),
    }
}

/// How one connection goes.
pub(super) struct Conduct<'a> {
    pub(super) opening: Opening<'a>,
    /// Kept while the greeting is awaited.
    pub(super) vigil: Option<&'a Vigil>,
    /// Whether it is the first of its endpoint: what is wanted beyond looking is done on that one or not at all.
    pub(super) is_first: bool,
}

/// How TLS is begun on a connection for this purpose.
fn opening(purpose: Purpose, survey: &mut TlsSurveyor) -> Opening<'_> {
    let bare = match purpose {
        Purpose::OldTls | Purpose::PartialHello => survey.opening(),
        Purpose::OfferTls | Purpose::ClassicHello => return Opening::Handshake(Hello::Classic),
        Purpose::Probe
        | Purpose::TryStarttls
        | Purpose::SmallSegments
        | Purpose::CommandInTls
        | Purpose::HelloInTls
        | Purpose::SenderInTheClear => None,
    };
    bare.unwrap_or(Opening::Handshake(Hello::Full))
}

impl Prober {
    /// Probes `endpoint` at the address `server`. Where the answer is odd, looks again. The last connection may still be
    /// open.
    pub(super) async fn probe(
        &self,
        endpoint: &Endpoint,
        server: SocketAddr,
        context: &RunContext,
        limits: TryLimits,
        onlooker: Option<Onlooker>,
    ) -> (Observation, Closing) {
        let began = Instant::now();
        let mut deadlines = Deadlines::of_try(context, limits);
        deadlines.envelope = self.options.steps.patience();
        let mut attempts = Vec::new();
        let mut closing = Closing::default();
        let mut survey = TlsSurveyor::default();
        let mut next = Some(Purpose::Probe);
        while let Some(purpose) = next {
            // One connection to a port at a time.
            std::mem::take(&mut closing).done().await;
            let mut recorder = Recorder::new(purpose, self.options.transcript(), onlooker.clone());
            let Endpoint { host, address, port, .. } = endpoint;
            debug!(%host, ?address, port, %purpose, "connecting");
            let silence = Silence::of(endpoint).filter(|_| attempts.is_empty());
            let watched = silence.map(|silence| (silence, Vigil::new()));
            let opening = opening(purpose, &mut survey);
            let vigil = watched.as_ref().map(|(_, vigil)| vigil);
            let conduct = Conduct { opening, vigil, is_first: attempts.is_empty() };
            let attempt = async {
                let attempt = self.attempt(endpoint, server, &deadlines, &mut recorder, &mut closing, conduct);
                let result = caught(attempt).await.unwrap_or_else(Err);
                if let Some((_, vigil)) = &watched {
                    vigil.end(&result);
                }
                result
            };
            let (result, looks_beside) =
                tokio::join!(attempt, self.look_beside(watched.as_ref(), endpoint, server, &deadlines));
            let stage = recorder.current().0;
            debug!(%host, ?address, port, %purpose, %stage, ?result, "done");
            attempts.push(recorder.end(result));
            attempts.extend(looks_beside);
            if let Some(probe) = attempts.first() {
                deadlines.spend_the_reserve(probe);
            }
            // A dialling that is not polled does nothing.
            let limits_segments =
                || self.dialer.dial_with_small_segments(server, deadlines.connect, SMALL_PACKET).is_some();
            next = survey
                .next_look(&attempts)
                .or_else(|| second_look::next(endpoint.security, &attempts, limits_segments))
                .or_else(|| self.options.steps.next_look(endpoint, &attempts));
        }
        let tls_survey = survey.result();
        let interface = packet_size::matters(&attempts).then(|| outgoing_interface(server.ip())).flatten();
        let not_offered_by = not_offered_by(endpoint, attempts.first());
        let login = self.credential(endpoint, true).map(|one| Box::new(login_asked(endpoint, one)));
        let duration = began.elapsed();
        // Mostly one of four that there is room for, and a service keeps what it saw of many hosts.
        attempts.shrink_to_fit();
        let seen = Observation {
            attempts,
            interface,
            not_offered_by,
            login,
            tls_survey,
            ..unprobed(endpoint, None, duration)
        };
        (seen, closing)
    }

    pub(super) async fn attempt(
        &self,
        endpoint: &Endpoint,
        server: SocketAddr,
        deadlines: &Deadlines<'_>,
        recorder: &mut Recorder,
        closing: &mut Closing,
        conduct: Conduct<'_>,
    ) -> Result<(), StopCause> {
        let Endpoint { host, service, security, .. } = endpoint;
        let purpose = recorder.purpose;
        let implicit = *security == Security::Implicit || purpose == Purpose::OfferTls;
        let Connection { stream, local } = self.connect(server, implicit, deadlines, recorder).await?;
        let mut stream = Tap::new(stream);
        if !implicit {
            // A dialogue has much to remember, and of servers that say nothing there may be thousands.
            recorder.enter(Stage::Greeting);
            wait_for_greeting(&mut stream, deadlines, recorder, conduct.vigil).await?;
        }
        let mut dialogue = self.dialogue(endpoint, purpose, implicit, conduct.is_first);
        let mut pump = Pump {
            dialogue: dialogue.as_mut(),
            client: &self.tls,
            host: self.options.server_name.as_ref().unwrap_or(host),
            opening: conduct.opening,
            implicit,
            hello_name: &|| self.hello_name(local),
            deadlines,
            recorder,
            closing,
            lines: LineSplitter::new(),
            received: 0,
            hung_up: None,
            vigil: conduct.vigil.filter(|_| implicit),
            login: self.login(endpoint, conduct.is_first),
            keeps_certificates: *service == Service::Smtp && self.options.policies() != PolicyLookups::Nobody,
        };
        let result = pump.run(stream).await;
        recorder.learnt().local = local;
        result
    }

    /// The dialogue with an endpoint, on a connection for this purpose.
    fn dialogue(&self, endpoint: &Endpoint, purpose: Purpose, implicit: bool, is_first: bool) -> Box<dyn Dialogue> {
        let settings = Settings {
            secured: implicit,
            upgrade: match endpoint.security {
                Security::StartTls if implicit => Upgrade::Never,
                Security::StartTls if purpose == Purpose::TryStarttls => Upgrade::Always,
                Security::StartTls => Upgrade::WhenOffered,
                Security::Implicit | Security::Plaintext => Upgrade::Never,
            },
            // Said when the server has greeted: by then more may be known.
            hello: String::new(),
            wants: self.wants(endpoint, purpose, is_first),
        };
        match endpoint.service.protocol() {
            Protocol::Smtp => Box::new(Smtp::new(settings)),
            Protocol::Imap => Box::new(Imap::new(settings)),
            Protocol::Pop3 => Box::new(Pop3::new(settings)),
        }
    }

    /// What is wanted of a server beyond looking; on a second look that is not for it, nothing.
    fn wants(&self, endpoint: &Endpoint, purpose: Purpose, is_first: bool) -> Wants {
        if !is_first {
            return Wants { sender_in_the_clear: purpose == Purpose::SenderInTheClear, ..Wants::default() };
        }
        let MailSteps { sender_without_login, sender_before_tls: _, envelope, visits: _ } = &self.options.steps;
        let login = self.credential(endpoint, is_first).is_some();
        let mildest = || {
            let is_wanted = *sender_without_login && !login && endpoint.service.role() == Role::Submission;
            is_wanted.then(Envelope::default)
        };
        Wants { sender_in_the_clear: false, login, envelope: envelope.clone().or_else(mildest) }
    }

    /// Who logs in at an endpoint: nobody on a second look, nor where mail servers meet.
    fn credential(&self, endpoint: &Endpoint, is_first: bool) -> Option<&Credential> {
        let takes_logins = endpoint.service != Service::Smtp;
        self.options.login.as_deref().filter(|_| takes_logins && is_first)
    }

    fn login<'a>(&'a self, endpoint: &'a Endpoint, is_first: bool) -> Option<Box<Login<'a>>> {
        self.credential(endpoint, is_first).map(|credential| Box::new(Login::new(credential, endpoint)))
    }

    pub(super) async fn connect(
        &self,
        server: SocketAddr,
        implicit: bool,
        deadlines: &Deadlines<'_>,
        recorder: &mut Recorder,
    ) -> Result<Connection, StopCause> {
        recorder.enter(Stage::Connect);
        let limit = deadlines.connect;
        let requests = Requests::new(self.dialer.as_ref(), server, limit);
        let small = (recorder.purpose == Purpose::SmallSegments)
            .then(|| self.dialer.dial_with_small_segments(server, limit, SMALL_PACKET));
        let first_look = recorder.purpose == Purpose::Probe && deadlines.may_give_up_early;
        let dialing: Dialing<'_> = match (small.flatten(), &deadlines.context.bounds) {
            (Some(dialing), _) => dialing,
            (None, Some(bounds)) if first_look => Box::pin(requests.connect(bounds)),
            (None, _) => Box::pin(requests.connect_patiently()),
        };
        // The dialler keeps the limit, because it tells what came instead; this one only backs it up.
        let dialed = deadlines.wait(Instant::now() + limit * 2, dialing);
        let dialed = deadlines.context.giving_up.unless_given_up(server, dialed).await;
        // What a dialer that somebody brought sends is not known.
        recorder.connection_requests = if self.options.dialer.is_some() { 1 } else { requests.count().max(1) };
        dialed?.map_err(|error| match error {
            ConnectError::Failure(failure) => StopCause::Connect(failure),
            ConnectError::ResetAtOnce => {
                recorder.enter(if implicit { Stage::Tls } else { Stage::Greeting });
                StopCause::Reset
            }
            ConnectError::Local(words) => StopCause::Local(words),
        })
    }

    /// What EHLO says: what the user chose, else this machine's own name, else the address that the server sees us come
    /// from, as a literal (RFC 5321, section 4.1.3). A name that is still being looked up is not waited for.
    pub(super) fn hello_name(&self, local: Option<IpAddr>) -> String {
        if let Some(name) = &self.options.hello {
            return name.to_string();
        }
        match (self.own_name.get(), local) {
            (Some(name), _) => name,
            (None, Some(IpAddr::V4(address))) => format!("[{address}]"),
            (None, Some(IpAddr::V6(address))) => format!("[IPv6:{address}]"),
            (None, None) => "[127.0.0.1]".into(),
        }
    }
}
