//! One endpoint, from the connection to the farewell.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;
use tracing::debug;

use super::Prober;
use super::conversation::{ClientHello, Conversation, Handshake, converse, wait_for_greeting};
use super::farewell::{Farewells, Parting};
use super::patience::Patience;
use super::recorder::{Onlooker, Recorder};
use super::second_look;
use crate::observation::{Attempt, Cause, Observation, Purpose, Stage};
use crate::protocol::imap::Imap;
use crate::protocol::pop3::Pop3;
use crate::protocol::smtp::Smtp;
use crate::protocol::{Dialogue, Settings, Upgrade};
use crate::providers;
use crate::service::{Protocol, Security};
use crate::target::{Endpoint, Host};
use crate::transport::prompt::Prompt;
use crate::transport::tap::Tap;
use crate::transport::tcp::{self, ConnectError};
use crate::transport::tls::Hello;

/// What the probes of one run share.
#[derive(Debug, Clone)]
pub(super) struct RunContext {
    /// This machine's own name, where it has a good one. Looked up beside the first connections.
    pub(super) own_name: Arc<OnceCell<Option<String>>>,
    /// When the run must end.
    pub(super) run_end: Option<Instant>,
    /// Becomes true when the run is interrupted.
    pub(super) interrupt: watch::Receiver<bool>,
    pub(super) parting: Parting,
}

impl RunContext {
    /// The same, for one endpoint, and what knows when all of its connections are closed.
    pub(super) fn with_own_farewells(mut self) -> (Self, Farewells) {
        let farewells = Farewells::new();
        self.parting = self.parting.known_to(&farewells);
        (self, farewells)
    }
}

/// Makes the connections to one endpoint.
pub(super) trait Dial: Sync {
    /// What a connection is.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Makes one within `limit`; with it comes the address of our own end.
    fn dial(
        &self,
        limit: Duration,
    ) -> impl Future<Output = Result<(Self::Stream, Option<IpAddr>), ConnectError>> + Send;
}

impl Dial for SocketAddr {
    type Stream = Prompt;

    async fn dial(&self, limit: Duration) -> Result<(Prompt, Option<IpAddr>), ConnectError> {
        let stream = tcp::connect(*self, limit).await?;
        let local = stream.local_addr().ok().map(|local| local.ip());
        Ok((Prompt::new(stream), local))
    }
}

/// The provider that is known not to offer the endpoint's port, where no connection came about.
fn not_offered_by(endpoint: &Endpoint, probe: Option<&Attempt>) -> Option<String> {
    probe?.stop.as_ref().filter(|stop| stop.stage == Stage::Connect)?;
    let Host::Name(host) = &endpoint.host else { return None };
    providers::known_not_to_offer(host, endpoint.port).map(|provider| provider.title.clone())
}

/// One connection to be made.
struct Call<'a, D> {
    endpoint: &'a Endpoint,
    dial: &'a D,
    context: &'a RunContext,
    purpose: Purpose,
    parting: Parting,
}

impl Prober {
    /// Probes `endpoint` over the connections that `dial` makes. Where the answer is odd, looks again.
    pub(super) async fn probe(
        &self,
        endpoint: &Endpoint,
        dial: &impl Dial,
        context: &RunContext,
        onlooker: Option<Onlooker>,
    ) -> Observation {
        let began = Instant::now();
        let mut patience = Patience::for_endpoint(context, self.options.timeout);
        let mut attempts = Vec::new();
        let mut next = Some(Purpose::Probe);
        while let Some(purpose) = next {
            let mut recorder = Recorder::new(purpose, onlooker.clone());
            let farewells = Farewells::new();
            let parting = context.parting.known_to(&farewells);
            let call = Call { endpoint, dial, context, purpose, parting };
            let Endpoint { host, address, port, .. } = endpoint;
            debug!(%host, ?address, port, %purpose, "connecting");
            let result = self.attempt(&call, &mut patience, &mut recorder).await;
            let stage = recorder.current().0;
            debug!(%host, ?address, port, %purpose, %stage, ?result, "done");
            // Mostly there is one, or two: a vector would begin with room for four, and each is large.
            attempts.reserve_exact(1);
            attempts.push(finish(recorder, result));
            patience.spend_the_reserve();
            next = second_look::next(endpoint.security, &attempts);
            if next.is_some() {
                // One connection to a port at a time.
                drop(call);
                farewells.all().await;
            }
        }
        let not_offered_by = not_offered_by(endpoint, attempts.first());
        Observation {
            endpoint: endpoint.clone(),
            lookup: None,
            attempts,
            tries: 1,
            duration: began.elapsed(),
            earlier: Vec::new(),
            path: None,
            not_offered_by,
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_, impl Dial>,
        patience: &mut Patience,
        recorder: &mut Recorder,
    ) -> Result<(), Cause> {
        let implicit = call.endpoint.security == Security::Implicit || call.purpose == Purpose::OfferTls;
        // Boxed, so that it is gone once the conversation begins.
        let (stream, local) = Box::pin(self.connect(call, implicit, patience, recorder)).await?;
        let protocol = call.endpoint.service.protocol();
        let settings = Settings {
            secured: implicit,
            upgrade: match call.endpoint.security {
                Security::StartTls if implicit => Upgrade::Never,
                Security::StartTls if call.purpose == Purpose::TryStarttls => Upgrade::Always,
                Security::StartTls => Upgrade::WhenOffered,
                Security::Implicit | Security::Plaintext => Upgrade::Never,
            },
            // Said when the server has greeted: by then more may be known.
            hello: String::new(),
        };
        let handshake = Handshake {
            client: &self.tls,
            host: self.options.server_name.as_ref().unwrap_or(&call.endpoint.host),
            hello: match call.purpose {
                Purpose::Probe | Purpose::TryStarttls => ClientHello::Complete(Hello::Full),
                Purpose::OfferTls | Purpose::ClassicHello => ClientHello::Complete(Hello::Classic),
                Purpose::OldTls => ClientHello::Bare,
            },
            implicit,
        };
        let mut dialogue = dialogue(protocol, settings);
        let introduction = || self.hello_name(call.context, local);
        let call = Conversation { handshake, introduction: &introduction, parting: &call.parting };
        Box::pin(converse(stream, dialogue.as_mut(), &call, patience, recorder)).await
    }

    /// Makes a connection. Where the server speaks first, waits until it does.
    async fn connect<D: Dial>(
        &self,
        call: &Call<'_, D>,
        implicit: bool,
        patience: &mut Patience,
        recorder: &mut Recorder,
    ) -> Result<(Box<Tap<D::Stream>>, Option<IpAddr>), Cause> {
        recorder.enter(Stage::Connect);
        let limit = self.options.connect_timeout.min(self.options.timeout);
        // Boxed, so that it is gone once there is a connection.
        let connecting = Box::pin(call.dial.dial(limit));
        // The connection keeps its own limit, because it tells what came instead; this one only backs it up.
        let (stream, local) = match patience.wait(Instant::now() + limit * 2, connecting).await? {
            Ok(connected) => connected,
            Err(ConnectError::Failure(failure)) => return Err(Cause::Connect(failure)),
            Err(ConnectError::ResetAtOnce) => {
                recorder.enter(if implicit { Stage::Tls } else { Stage::Greeting });
                return Err(Cause::Reset);
            }
            Err(ConnectError::Local(words)) => return Err(Cause::Local(words)),
        };
        let mut stream = Box::new(Tap::new(stream));
        if !implicit {
            wait_for_greeting(&mut stream, patience, recorder).await?;
        }
        Ok((stream, local))
    }

    /// What EHLO says: what the user chose, else this machine's own name, else the address that the server sees us come
    /// from, as a literal (RFC 5321, section 4.1.3). A name that is still being looked up is not waited for.
    fn hello_name(&self, context: &RunContext, local: Option<IpAddr>) -> String {
        if let Some(name) = &self.options.hello {
            return name.clone();
        }
        match (context.own_name.get().and_then(Option::as_ref), local) {
            (Some(name), _) => name.clone(),
            (None, Some(IpAddr::V4(address))) => format!("[{address}]"),
            (None, Some(IpAddr::V6(address))) => format!("[IPv6:{address}]"),
            (None, None) => "[127.0.0.1]".into(),
        }
    }
}

fn finish(recorder: Recorder, result: Result<(), Cause>) -> Attempt {
    match result {
        Ok(()) => recorder.complete(),
        Err(cause) => recorder.stop(cause),
    }
}

fn dialogue(protocol: Protocol, settings: Settings) -> Box<dyn Dialogue> {
    match protocol {
        Protocol::Smtp => Box::new(Smtp::new(settings)),
        Protocol::Imap => Box::new(Imap::new(settings)),
        Protocol::Pop3 => Box::new(Pop3::new(settings)),
    }
}
