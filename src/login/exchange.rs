//! The mechanisms that rsasl knows.

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::login::LOGIN;
use rsasl::mechanisms::oauthbearer::OAUTHBEARER;
use rsasl::mechanisms::plain::PLAIN;
use rsasl::mechanisms::scram::properties::{Iterations, Salt, SaltedPassword};
use rsasl::mechanisms::scram::{SCRAM_SHA1, SCRAM_SHA1_PLUS, SCRAM_SHA256, SCRAM_SHA256_PLUS};
use rsasl::mechanisms::xoauth2::XOAUTH2;
use rsasl::prelude::{Mechanism, Mechname, Registry, SASLClient, SASLConfig, Session, SessionError};
use rsasl::property::{AuthId, AuthzId, ChannelBindings, OAuthBearerKV, OAuthBearerToken, OverrideCBType, Password};

use super::blotter::Blotter;
use super::credential::{Credential, CredentialSecret};
use super::offer::{ChannelBinding, LoginOffer};
use super::scram::{ScramHash, has_shape, prepared};
use crate::protocol::sasl::{Sasl, SaslError, Secret};

/// What rsasl may choose from. Its own list has no mechanism that binds.
static MECHANISMS: &[Mechanism] =
    &[SCRAM_SHA256_PLUS, SCRAM_SHA256, SCRAM_SHA1_PLUS, SCRAM_SHA1, PLAIN, LOGIN, OAUTHBEARER, XOAUTH2];

/// The client's side of one exchange.
pub(super) struct SaslExchange {
    mechanism: &'static str,
    /// `None` once it has failed or come to its end: rsasl must not be asked again, and SCRAM panics if it is.
    session: Option<Session>,
    progress: SaslProgress,
    blotter: Blotter,
}

/// How far an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SaslProgress {
    /// Not everything was said that has to be said.
    Begun,
    /// SCRAM: the client has proven who it is, and the server has not.
    Proven,
    /// The server said, in the mechanism's own way, that it refuses; it will say so in the protocol's, too.
    Refused,
    /// All is said, and a server that has to prove itself has done so.
    Done,
}

impl SaslExchange {
    /// `None` where rsasl does not know the mechanism.
    pub(super) fn begin(mechanism: &'static str, credential: &Credential, offer: &LoginOffer<'_>) -> Option<Self> {
        let hash = ScramHash::of(mechanism);
        let says_that_it_could_bind = hash.is_some()
            && offer.binding.is_some()
            && (mechanism.ends_with("-PLUS") || !offer.mechanisms.iter().any(|name| is_bound_scram(name)));
        let user = if hash.is_some() { prepared(credential.user()).to_string() } else { credential.user().to_owned() };
        let answers = SaslAnswers {
            user,
            authorize: (mechanism == "OAUTHBEARER").then(|| escaped(credential.user())),
            secret: credential.secret().clone(),
            hash,
            binding: offer.binding.clone().filter(|_| says_that_it_could_bind),
            host: offer.host.to_owned(),
            port: offer.port.to_string(),
        };
        let config =
            SASLConfig::builder().with_registry(Registry::with_mechanisms(MECHANISMS)).with_callback(answers).ok()?;
        let name = Mechname::parse(mechanism.as_bytes()).ok()?;
        let session = SASLClient::new(config).start_suggested(&[name]).ok()?;
        Some(Self {
            mechanism,
            session: Some(session),
            progress: SaslProgress::Begun,
            blotter: credential.blotter().clone(),
        })
    }

    /// One step of rsasl's.
    fn step(&mut self, challenge: Option<&[u8]>) -> Result<Secret, SaslError> {
        let mut session = self.session.take().ok_or_else(too_much)?;
        let mut message = Secret::default();
        let state = session.step(challenge, &mut message).map_err(in_words)?;
        if state.is_running() {
            self.session = Some(session);
        }
        Ok(message)
    }

    fn respond_scram(&mut self, message: &[u8]) -> Result<Secret, SaslError> {
        if !has_shape(message) {
            return Err(SaslError("the server sent something that is no SCRAM message".to_owned()));
        }
        let is_refusal = message.starts_with(b"e=");
        match self.progress {
            SaslProgress::Begun if !is_refusal => {
                let proof = self.step(Some(message))?;
                self.blotter.also(&proof);
                self.progress = SaslProgress::Proven;
                Ok(proof)
            }
            SaslProgress::Proven if !is_refusal => {
                let nothing = self.step(Some(message))?;
                self.progress = SaslProgress::Done;
                Ok(nothing)
            }
            SaslProgress::Begun | SaslProgress::Proven => {
                self.session = None;
                self.progress = SaslProgress::Refused;
                Ok(Secret::default())
            }
            SaslProgress::Refused | SaslProgress::Done => Err(too_much()),
        }
    }
}

impl Sasl for SaslExchange {
    fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    fn initial_response(&mut self) -> Result<Option<Secret>, SaslError> {
        if self.session.as_ref().is_some_and(Session::are_we_first) {
            let message = self.step(None)?;
            if ScramHash::of(self.mechanism).is_none() {
                self.progress = SaslProgress::Done;
            }
            return Ok(Some(message));
        }
        Ok(None)
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        match self.mechanism {
            // What the two prompts say is of no matter.
            "LOGIN" => {
                let answer = self.step(Some(challenge))?;
                if self.session.is_none() {
                    self.progress = SaslProgress::Done;
                }
                Ok(answer)
            }
            // The challenge says why the token is refused; the answer has the server end the exchange.
            "XOAUTH2" | "OAUTHBEARER" if self.progress == SaslProgress::Done => {
                self.session = None;
                self.progress = SaslProgress::Refused;
                let answer: &[u8] = if self.mechanism == "XOAUTH2" { b"" } else { b"\x01" };
                Ok(Secret::new(answer.to_vec()))
            }
            _ if ScramHash::of(self.mechanism).is_some() => self.respond_scram(challenge),
            _ => Err(too_much()),
        }
    }

    fn succeeded(&mut self) -> Result<(), SaslError> {
        match self.progress {
            SaslProgress::Done => Ok(()),
            SaslProgress::Begun => Err(SaslError::early_success()),
            SaslProgress::Refused => {
                Err(SaslError("the server refused the login and then said that it succeeded".to_owned()))
            }
            SaslProgress::Proven => Err(SaslError(
                "the server said that the login succeeded and did not prove that it knows the password".to_owned(),
            )),
        }
    }
}

/// What rsasl asks for.
struct SaslAnswers {
    user: String,
    authorize: Option<String>,
    secret: CredentialSecret,
    hash: Option<ScramHash>,
    /// `None` where the client does not say that it could bind the login to the connection.
    binding: Option<ChannelBinding>,
    host: String,
    port: String,
}

impl SessionCallback for SaslAnswers {
    fn callback(&self, _: &SessionData, context: &Context, request: &mut Request) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(&self.user)?;
        if let Some(user) = &self.authorize {
            request.satisfy::<AuthzId>(user)?;
            request.satisfy::<OAuthBearerKV>(&[("host", &self.host), ("port", &self.port)])?;
        }
        if let Some(ChannelBinding { kind, data }) = &self.binding {
            request.satisfy::<OverrideCBType>(kind.name())?;
            request.satisfy::<ChannelBindings>(data)?;
        }
        match (&self.secret, self.hash) {
            (CredentialSecret::Token(token), _) => {
                request.satisfy::<OAuthBearerToken>(token)?;
            }
            (CredentialSecret::Password(password), Some(hash)) => {
                let (salt, rounds) = (context.get_ref::<Salt>(), context.get_ref::<Iterations>());
                if let (true, Some(salt), Some(rounds)) = (request.is::<SaltedPassword>(), salt, rounds) {
                    let key =
                        hash.salted(password, salt, *rounds).map_err(|error| SessionError::Boxed(error.into()))?;
                    request.satisfy::<SaltedPassword>(&key)?;
                }
            }
            (CredentialSecret::Password(password), None) => {
                request.satisfy::<Password>(password.as_bytes())?;
            }
        }
        Ok(())
    }

    /// With it and without a mechanism that binds, SCRAM says `y`: the client could, and believes that the server cannot.
    /// A server that can then knows that somebody took its offer away (RFC 5802, section 6).
    fn enable_channel_binding(&self) -> bool {
        self.binding.is_some()
    }
}

fn is_bound_scram(name: &str) -> bool {
    name.starts_with("SCRAM-") && name.ends_with("-PLUS")
}

/// A name as it stands in the header of OAUTHBEARER (RFC 5801, section 4).
fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

fn too_much() -> SaslError {
    SaslError("the server asks for more than the mechanism has to say".to_owned())
}

/// rsasl's errors hold no secret: at the most, a byte of what the server sent.
fn in_words(error: SessionError) -> SaslError {
    SaslError(match error {
        SessionError::MutualAuthenticationFailed => {
            "the server did not prove that it knows the password: its signature is wrong".to_owned()
        }
        SessionError::MechanismError(error) => error.to_string(),
        SessionError::Boxed(error) => error.to_string(),
        error => error.to_string(),
    })
}
