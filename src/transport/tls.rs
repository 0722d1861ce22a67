//! The TLS handshake, and what it shows.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, InvalidMessage, NamedGroup, PeerMisbehaved};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{Connect, TlsConnector};

use crate::observation::{TlsFacts, TlsFailure, TlsFailureKind};
use crate::target::Host;

use super::tap::Tap;
use super::trust::{Trust, TrustError, TrustSettings};
use super::verifier::{Judge, Verifier};

/// How long the rest of a line in the clear may take, once its beginning has come.
const REST_OF_LINE: Duration = Duration::from_secs(2);

/// Opens TLS sessions (1.2 and 1.3, no resumption) that record a certificate's faults and go on.
#[derive(Debug, Clone)]
pub struct TlsClient {
    judge: Arc<Judge>,
    full: Config,
    classic: Config,
}

/// How to make the handshakes with one kind of hello, all but for the verifier; or why none can be made.
type Config = Result<ClientConfig, rustls::Error>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hello {
    /// Everything, the post-quantum key share included: the hello takes two packets.
    #[default]
    Full,
    /// No post-quantum group: the hello fits into one packet.
    Classic,
}

/// A handshake under way. Boxed, because it is several times as large as what waits for it.
type Connecting<S> = Box<Connect<Tap<S>>>;

#[derive(Debug)]
pub struct TlsSession<S> {
    /// Boxed, because it is larger than all that it is handed on in.
    pub stream: Box<TlsStream<S>>,
    pub facts: TlsFacts,
}

/// A handshake that the server has begun to answer.
pub struct AnsweredHello<S> {
    connecting: Connecting<S>,
    verifier: Arc<Verifier>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> AnsweredHello<S> {
    /// The rest of the handshake.
    pub async fn finish(self) -> Result<TlsSession<Tap<S>>, (TlsFailure, TlsFacts)> {
        let Self { mut connecting, verifier } = self;
        let outcome = (&mut *connecting).await.map(Box::new);

        let facts = verifier.take_facts();
        match outcome {
            Ok(stream) => {
                let connection = stream.get_ref().1;
                let facts = TlsFacts {
                    version: connection.protocol_version().map(|version| format!("{version:?}").replace('_', ".")),
                    // rustls marks the suites of TLS 1.3 by a prefix that IANA does not have.
                    cipher_suite: connection
                        .negotiated_cipher_suite()
                        .map(|suite| format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)),
                    key_exchange: connection.negotiated_key_exchange_group().map(|group| group_name(group.name())),
                    ..facts
                };
                Ok(TlsSession { stream, facts })
            }
            Err(error) => Err((failure(&error, facts.certificate.is_some()), facts)),
        }
    }
}

impl TlsClient {
    pub fn new(settings: &TrustSettings) -> Result<Self, TrustError> {
        let trust = Trust::load(settings)?;
        let full = aws_lc_rs::default_provider();
        let mut classic = full.clone();
        classic.kx_groups.retain(|group| group.name().as_str().is_none_or(|name| !name.contains("MLKEM")));
        let judge = Arc::new(Judge::new(trust, full.signature_verification_algorithms));
        let nobody = Arc::new(Verifier::new(Arc::clone(&judge)));
        let config = |provider| config(provider, Arc::clone(&nobody));
        Ok(Self { full: config(full), classic: config(classic), judge })
    }

    /// Makes a handshake with `host`. A name is sent as SNI (RFC 6066) and must be in the certificate; an address is
    /// not sent, and must be in the certificate as an address. A faulty certificate is no failure: its faults are in
    /// the facts, also in those beside a failure.
    ///
    /// There is no time limit here; dropping the future ends the handshake.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        host: &Host,
        hello: Hello,
    ) -> Result<TlsSession<Tap<S>>, (TlsFailure, TlsFacts)> {
        let answered = self.say_hello(Tap::new(stream), host, hello, &[]).await;
        answered.map_err(|failure| (failure, TlsFacts::default()))?.finish().await
    }

    /// The first half of [`TlsClient::handshake`]: says hello, and waits for the first byte of the answer. A server may
    /// have much to do before that one, and little after it, so that whoever sets limits sets one for each half.
    ///
    /// `then` is said inside TLS as early as it can be said: with the end of the client's part of the handshake in TLS 1.3,
    /// after the end of the server's in TLS 1.2. Where the handshake fails, it is not said.
    pub async fn say_hello<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: Tap<S>,
        host: &Host,
        hello: Hello,
        then: &[u8],
    ) -> Result<AnsweredHello<S>, TlsFailure> {
        let verifier = Arc::new(Verifier::new(Arc::clone(&self.judge)));
        let begun = self.begin(stream, host, hello, then, &verifier);
        let without_hello = |message| TlsFailure { kind: TlsFailureKind::Other, message };
        let (mut connecting, first_flight) = begun.map_err(without_hello)?;
        if let Some(stream) = connecting.get_mut() {
            exchange_hellos(stream, first_flight).await.map_err(|error| failure(&error, false))?;
        }
        Ok(AnsweredHello { connecting, verifier })
    }

    /// Makes a hello without sending it; or says why it cannot be made.
    fn begin<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: Tap<S>,
        host: &Host,
        hello: Hello,
        then: &[u8],
        verifier: &Arc<Verifier>,
    ) -> Result<(Connecting<S>, Vec<u8>), String> {
        let name = server_name(host)?;
        let config = match hello {
            Hello::Full => &self.full,
            Hello::Classic => &self.classic,
        };
        let mut config = config.clone().map_err(|error| error.to_string())?;
        config.dangerous().set_certificate_verifier(Arc::clone(verifier) as _);
        let mut first_flight = Vec::new();
        let mut kept = Ok(());
        let connecting = TlsConnector::from(Arc::new(config)).connect_with(name, stream, |connection| {
            kept = connection.write_tls(&mut first_flight).and_then(|_| connection.writer().write_all(then));
        });
        kept.map_err(|error| error.to_string())?;
        Ok((Box::new(connecting), first_flight))
    }

    /// What a handshake at that time would say of these certificates: for the fuzz targets, which cannot make one.
    #[doc(hidden)]
    pub fn judge(
        &self,
        server: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        host: &Host,
        now: UnixTime,
    ) -> TlsFacts {
        let verifier = Verifier::new(Arc::clone(&self.judge));
        if let Ok(name) = server_name(host) {
            // It is recorded, and never fails.
            let _ = verifier.verify_server_cert(server, others, &name, &[], now);
        }
        verifier.take_facts()
    }
}

/// Sends our hello, and waits for the beginning of the answer. The TLS library would keep a buffer while it waits, for each
/// of thousands of servers that may be silent.
async fn exchange_hellos<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut Tap<S>, hello: Vec<u8>) -> io::Result<()> {
    let sent = send(stream, &hello).await;
    drop(hello);
    stream.wait().await?;
    match stream.next_byte() {
        // Text, which is no TLS: its first line tells what it is.
        Some(b' '..=b'~') => {
            // What has come by then is what there is.
            let _ = timeout(REST_OF_LINE, stream.wait_for_line()).await;
            Ok(())
        }
        // A server that hung up may have said why before it did.
        Some(_) => Ok(()),
        None => sent,
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut Tap<S>, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

fn config(provider: CryptoProvider, verifier: Arc<Verifier>) -> Config {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, String> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|_| format!("{name:?} is not a host name that TLS can ask for"))
        }
    }
}

/// `tls_was_spoken`: a certificate had come, so that nonsense is a broken TLS peer and not another protocol.
fn failure(error: &io::Error, tls_was_spoken: bool) -> TlsFailure {
    let tls_error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let kind = match tls_error {
        Some(tls_error) => kind_of_tls_error(tls_error, tls_was_spoken),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof => TlsFailureKind::Closed,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                TlsFailureKind::Reset
            }
            _ => TlsFailureKind::Other,
        },
    };
    TlsFailure { kind, message: tls_error.map_or_else(|| error.to_string(), ToString::to_string) }
}

/// The alert that ended a session, if one did. In TLS 1.3 the client has done its part of the handshake before the server
/// has seen its certificate, or that it has none.
pub(crate) fn late_alert(error: &io::Error) -> Option<TlsFailure> {
    Some(failure(error, true)).filter(|failure| matches!(failure.kind, TlsFailureKind::Alert(_)))
}

fn kind_of_tls_error(error: &rustls::Error, tls_was_spoken: bool) -> TlsFailureKind {
    use rustls::Error as E;
    match error {
        E::AlertReceived(alert) => TlsFailureKind::Alert(alert_name(*alert)),
        E::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) if !tls_was_spoken => TlsFailureKind::NotTls,
        // The server chose what was not offered: it ignores what the client can do.
        E::PeerIncompatible(_)
        | E::NoApplicationProtocol
        | E::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite | PeerMisbehaved::SelectedUnofferedKxGroup) => {
            TlsFailureKind::Incompatible
        }
        E::InvalidMessage(_)
        | E::InappropriateMessage { .. }
        | E::InappropriateHandshakeMessage { .. }
        | E::PeerMisbehaved(_)
        | E::PeerSentOversizedRecord
        | E::NoCertificatesPresented
        | E::DecryptError => TlsFailureKind::Misbehaved,
        _ => TlsFailureKind::Other,
    }
}

fn group_name(group: NamedGroup) -> String {
    match (group, format!("{group:?}")) {
        (NamedGroup::secp256r1MLKEM768, _) => "SecP256r1MLKEM768".to_owned(),
        (NamedGroup::X25519 | NamedGroup::X448, name) => name.to_lowercase(),
        (_, name) if name.starts_with("FFDHE") => name.to_lowercase(),
        (_, name) => name,
    }
}

/// The description in IANA's registry of TLS alerts; its number where it has none.
pub(crate) fn alert_name(alert: AlertDescription) -> String {
    match (alert, alert.as_str()) {
        (AlertDescription::UnrecognisedName, _) => "unrecognized_name".to_owned(),
        (AlertDescription::EncryptedClientHelloRequired, _) => "ech_required".to_owned(),
        (_, Some(name)) => snake_case(name),
        (unknown, None) => u8::from(unknown).to_string(),
    }
}

/// `UnknownPSKIdentity` becomes `unknown_psk_identity`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut letters = name.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || (before.is_some() && letters.peek().is_some_and(|next| next.is_lowercase())));
        if begins_word {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_their_registered_names() {
        for (number, name) in [
            (0, "close_notify"),
            (20, "bad_record_mac"),
            (40, "handshake_failure"),
            (48, "unknown_ca"),
            (70, "protocol_version"),
            (90, "user_canceled"),
            (112, "unrecognized_name"),
            (115, "unknown_psk_identity"),
            (120, "no_application_protocol"),
            (121, "ech_required"),
            (200, "200"),
        ] {
            assert_eq!(alert_name(AlertDescription::from(number)), name);
        }
    }
}
