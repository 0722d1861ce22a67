//! POP3: greeting, CAPA, STLS, CAPA again (RFC 1939, RFC 2449, RFC 2595).

use std::ops::ControlFlow::{Break, Continue};

use super::exchange::{BLOTTED, Exchange, MOST_KEYWORDS, SILENCE, lossy, response_code, secret, unique};
use super::line::MAX_REPLY_LINES;
use super::sasl::{Secret, Way};
use super::{Capabilities, Conversation, Dialogue, Input, Permission, Phase, Reply, Settings, Status, Step, Stop};

const QUIT: &[u8] = b"QUIT\r\n";
const CAPA: &[u8] = b"CAPA\r\n";

/// Response codes that say: later it may work (RFC 2449, section 8.1, and RFC 3206).
const TEMPORARY: [&str; 3] = ["SYS/TEMP", "IN-USE", "LOGIN-DELAY"];

/// How long a command may be, with the end of its line (RFC 2449, section 4).
const COMMAND_BYTES: usize = 255;

/// The dialogue with a POP3 server.
pub struct Pop3 {
    exchange: Exchange,
    /// Whether CAPA was answered with `+OK`; its list is coming.
    listing: bool,
    keywords: Vec<String>,
    /// PASS, to be sent when the server has taken the name.
    pass: Option<Secret>,
}

impl Pop3 {
    /// A dialogue that waits for the greeting.
    pub fn new(settings: Settings) -> Self {
        Self { exchange: Exchange::new(settings), listing: false, keywords: Vec::new(), pass: None }
    }

    fn line(&mut self, line: &[u8]) -> Step {
        if self.listing {
            return self.capability(line);
        }
        if self.exchange.phase == Phase::Login
            && let Some(challenge) = challenge_of(line)
        {
            return self.exchange.answer_challenge(challenge, line);
        }
        match status_line(line) {
            Some(reply) => {
                let reply = self.exchange.shorten(reply);
                self.reply(reply)
            }
            None if self.exchange.phase == Phase::Greeting => {
                self.exchange.stop(Stop::ForeignGreeting(lossy(line)), SILENCE)
            }
            None => self.exchange.malformed(line, QUIT),
        }
    }

    fn reply(&mut self, reply: Reply) -> Step {
        match (self.exchange.phase, reply.status == Status::Positive) {
            (Phase::Greeting, true) => {
                self.exchange.conversation.greeting = Some(reply);
                self.exchange.enter_capabilities();
                Step::Write(CAPA.to_vec())
            }
            (Phase::Greeting, false) => self.exchange.reject(reply, QUIT),
            (Phase::Starttls, true) => self.exchange.start_tls(reply, CAPA.to_vec()),
            (Phase::Starttls, false) => self.exchange.refuse_tls(reply, QUIT),
            (Phase::Login, true) => {
                if let Some(pass) = self.pass.take() {
                    return secret(pass, format!("PASS {BLOTTED}"));
                }
                self.exchange.login_accepted(reply);
                self.exchange.finish(QUIT)
            }
            (Phase::Login, false) => {
                self.exchange.login_refused(reply);
                self.exchange.finish(QUIT)
            }
            // POP3 has no envelopes.
            (Phase::Envelope, _) => self.exchange.finish(QUIT),
            (Phase::Capabilities | Phase::SecuredCapabilities, true) => {
                self.listing = true;
                Step::Read
            }
            (Phase::Capabilities | Phase::SecuredCapabilities, false) => self.offered(Capabilities::default()),
        }
    }

    /// A line of CAPA's list, which ends with a lone dot; a dot before more is stuffing (RFC 1939, section 3).
    fn capability(&mut self, line: &[u8]) -> Step {
        if line == b"." {
            self.listing = false;
            let keywords = std::mem::take(&mut self.keywords);
            return self.offered(capabilities(keywords));
        }
        if self.keywords.len() >= MAX_REPLY_LINES {
            return self.exchange.stop(Stop::TooLong, SILENCE);
        }
        let keyword = self.exchange.keep(line.strip_prefix(b".").unwrap_or(line));
        self.keywords.push(keyword);
        Step::Read
    }

    fn offered(&mut self, capabilities: Capabilities) -> Step {
        // CAPA is younger than STLS's first servers: not to know CAPA says nothing about STLS.
        let unlisted = !capabilities.listed;
        let ask = self.exchange.offered(capabilities, unlisted);
        if ask {
            return Step::Write(b"STLS\r\n".to_vec());
        }
        self.exchange.ask_to_log_in().unwrap_or_else(|| self.exchange.finish(QUIT))
    }

    fn log_in(&mut self, way: Way) -> Step {
        let sasl = match way {
            Way::Sasl(sasl) => sasl,
            Way::Password { user, password } => {
                self.exchange.begin_login_by_command();
                self.pass = Some(Secret::of(&[b"PASS ", &password, b"\r\n"]));
                return Step::Write(format!("USER {user}\r\n").into_bytes());
            }
        };
        let most = COMMAND_BYTES - "AUTH  \r\n".len() - sasl.mechanism().len();
        let Some((mechanism, attached)) = self.exchange.begin_login(sasl, most) else {
            return self.exchange.finish(QUIT);
        };
        let command = format!("AUTH {mechanism}");
        match attached {
            None => Step::Write(format!("{command}\r\n").into_bytes()),
            Some(response) => {
                secret(Secret::of(&[command.as_bytes(), b" ", &response, b"\r\n"]), format!("{command} {BLOTTED}"))
            }
        }
    }
}

impl Dialogue for Pop3 {
    fn input(&mut self, input: Input<'_>) -> Step {
        match self.exchange.line(input) {
            Continue(line) => self.line(line),
            Break(step) => step,
        }
    }

    fn is_challenge(&self, line: &[u8]) -> bool {
        self.exchange.takes_challenges() && challenge_of(line).is_some()
    }

    fn permit(&mut self, permission: Permission) -> Step {
        match permission {
            Permission::LogIn(login) if self.exchange.takes_leave() => match login {
                Ok(way) => return self.log_in(way),
                Err(why) => self.exchange.withhold_login(why),
            },
            _ => {}
        }
        self.exchange.finish(QUIT)
    }

    fn phase(&self) -> Phase {
        self.exchange.phase
    }

    fn conversation(&self) -> &Conversation {
        &self.exchange.conversation
    }

    fn take_conversation(&mut self) -> Conversation {
        self.exchange.take_conversation()
    }
}

/// What stands behind the sign of a challenge, which is not that of a status (RFC 5034, section 4).
fn challenge_of(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"+").filter(|rest| matches!(rest.first(), None | Some(b' ')))
}

/// Reads a line that begins with a status indicator (RFC 1939, section 3), in whatever case.
fn status_line(line: &[u8]) -> Option<Reply> {
    let line = lossy(line);
    let (indicator, text) = line.split_once([' ', '\t']).unwrap_or((line.trim_end(), ""));
    let word = indicator.to_ascii_uppercase();
    let (code, text) = response_code(text.trim());
    let response_code = code.map(|(code, _)| code.to_ascii_uppercase());
    let status = match word.as_str() {
        "+OK" => Status::Positive,
        "-ERR" if response_code.as_deref().is_some_and(|code| TEMPORARY.contains(&code)) => Status::Temporary,
        "-ERR" => Status::Permanent,
        _ => return None,
    };
    Some(Reply { status, word, enhanced: None, response_code, text: text.to_owned(), lines: vec![line] })
}

/// Reads a status line: `-ERR [AUTH] ...`.
pub fn read_reply(text: &str) -> Option<Reply> {
    status_line(text.as_bytes())
}

/// Reads the lines of CAPA's list (RFC 2449, section 5).
fn capabilities(lines: Vec<String>) -> Capabilities {
    let mut capabilities = Capabilities { listed: true, ..Capabilities::default() };
    let mut mechanisms = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let Some(keyword) = words.next() else { continue };
        match keyword.to_ascii_uppercase().as_str() {
            "STLS" => capabilities.starttls = true,
            "USER" => capabilities.password_login = true,
            "SASL" => mechanisms.extend(words.map(str::to_ascii_uppercase)),
            _ => {}
        }
        capabilities.keywords.push(line.trim().to_owned());
    }
    capabilities.mechanisms = unique(mechanisms.into_iter().take(MOST_KEYWORDS));
    capabilities
}

#[cfg(test)]
mod tests;
