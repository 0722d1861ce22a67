//! A login, as far as the three dialogues have it in common: SASL messages as base64 (RFC 4954, RFC 9051, RFC 5034).

use data_encoding::BASE64;

use super::Reply;
use super::sasl::{Sasl, SaslError, Secret};

/// Real mechanisms take at most three.
const MOST_CHALLENGES: usize = 8;

/// What a client sends that ends an exchange (RFC 4954, section 4; RFC 9051, section 6.2.2; RFC 5034, section 4).
const CANCEL: &[u8] = b"*";

/// A login that was asked for: what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LoginTalk {
    /// The SASL mechanism; `None` where it was the protocol's own command, or where it did not come to a choice.
    pub mechanism: Option<String>,
    /// How it ended.
    pub outcome: LoginOutcome,
    /// What the server said of a token before it refused: a JSON document (RFC 7628, section 3.2.2).
    pub detail: Option<String>,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LoginOutcome {
    /// The server took it.
    Accepted(Reply),
    /// The server refused it, for now or for good.
    Refused(Reply),
    /// The exchange broke the rules of its mechanism, or the server did not prove that it knows the password: how.
    Broken(String),
    /// No answer came: the connection ended, or the time was over.
    Unanswered,
    /// It was not tried: no secret was sent.
    Withheld(Withheld),
}

/// Why a login that was asked for was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Withheld {
    /// The connection is not inside TLS.
    NoTls,
    /// The certificate was not verified.
    Untrusted,
    /// Nobody but the DNS, or a file, named the server, and it is outside the user's domain.
    NotNamed,
    /// The server offers no mechanism that can be used.
    NoMechanism,
    /// This service's one attempt was made at another address.
    MadeElsewhere,
    /// Too many were refused before: more might lock the account.
    RefusedBefore,
    /// Others came first, and took all the time there was.
    NoTimeLeft,
}

impl LoginTalk {
    pub(super) fn withheld(why: Withheld) -> Self {
        Self { mechanism: None, outcome: LoginOutcome::Withheld(why), detail: None }
    }
}

/// A SASL exchange on its way.
pub(super) struct SaslTalk {
    sasl: Box<dyn Sasl>,
    /// The initial response, where it is to be sent at the first challenge.
    pending: Option<Secret>,
    challenges: usize,
    detail: Option<String>,
    broken: Option<SaslError>,
}

impl SaslTalk {
    /// Begins an exchange. With it comes what stands behind the name of the mechanism in the first command: the initial
    /// response, unless it is longer than `most` bytes.
    pub(super) fn begin(mut sasl: Box<dyn Sasl>, most: usize) -> Result<(Self, Option<Secret>), Box<LoginTalk>> {
        let (pending, attached) = match sasl.initial_response() {
            Err(error) => return Err(Box::new(talk(sasl.as_ref(), LoginOutcome::Broken(error.to_string()), None))),
            Ok(None) => (None, None),
            Ok(Some(response)) => {
                let encoded = encoded(&response);
                match encoded.len() {
                    // Behind the name of the mechanism, an empty one is written as an equals sign.
                    0 if most > 0 => (None, Some(Secret::new(b"=".to_vec()))),
                    length if length > 0 && length <= most => (None, Some(encoded)),
                    _ => (Some(encoded), None),
                }
            }
        };
        Ok((Self { sasl, pending, challenges: 0, detail: None, broken: None }, attached))
    }

    pub(super) fn mechanism(&self) -> &str {
        self.sasl.mechanism()
    }

    /// The line to answer a challenge with, without its end.
    pub(super) fn answer(&mut self, challenge: &[u8]) -> Secret {
        self.challenges += 1;
        if let Some(response) = self.pending.take() {
            return response;
        }
        match self.respond(challenge) {
            Ok(response) => encoded(&response),
            Err(error) => {
                self.broken.get_or_insert(error);
                Secret::new(CANCEL.to_vec())
            }
        }
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        if self.challenges > MOST_CHALLENGES {
            return Err(SaslError("the server asks again and again".to_owned()));
        }
        let challenge = BASE64
            .decode(challenge.trim_ascii())
            .map_err(|_| SaslError("what the server says in the login is no base64".to_owned()))?;
        if challenge.starts_with(b"{") {
            self.detail = Some(String::from_utf8_lossy(&challenge).into_owned());
        }
        self.sasl.respond(&challenge)
    }

    /// Whether more challenges than an honest server has were answered: nothing is said any more then.
    pub(super) fn goes_on_and_on(&self) -> bool {
        self.challenges > MOST_CHALLENGES + 1
    }

    /// The server says that the login has succeeded.
    pub(super) fn accepted(mut self, reply: Reply) -> LoginTalk {
        let verdict = match self.broken.take() {
            Some(error) => Err(error),
            // The mechanism takes its first message for sent.
            None if self.pending.is_some() => Err(SaslError::early_success()),
            None => self.sasl.succeeded(),
        };
        let outcome = match verdict {
            Ok(()) => LoginOutcome::Accepted(reply),
            Err(error) => LoginOutcome::Broken(error.to_string()),
        };
        talk(self.sasl.as_ref(), outcome, self.detail)
    }

    /// The server refuses the login.
    pub(super) fn refused(self, reply: Reply) -> LoginTalk {
        self.ended(LoginOutcome::Refused(reply))
    }

    /// The exchange ended without an answer.
    pub(super) fn unanswered(self) -> LoginTalk {
        self.ended(LoginOutcome::Unanswered)
    }

    /// Where the rules were broken before, that is what the end comes of.
    fn ended(self, outcome: LoginOutcome) -> LoginTalk {
        let outcome = self.broken.map_or(outcome, |error| LoginOutcome::Broken(error.to_string()));
        talk(self.sasl.as_ref(), outcome, self.detail)
    }
}

fn talk(sasl: &dyn Sasl, outcome: LoginOutcome, detail: Option<String>) -> LoginTalk {
    LoginTalk { mechanism: Some(sasl.mechanism().to_owned()), outcome, detail }
}

fn encoded(message: &[u8]) -> Secret {
    Secret::new(BASE64.encode(message).into_bytes())
}
