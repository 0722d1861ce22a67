//! POP3: greeting, CAPA, STLS, CAPA again (RFC 1939, RFC 2449, RFC 2595).

use std::mem;
use std::ops::ControlFlow::{Break, Continue};

use super::exchange::{Exchange, MOST_KEYWORDS, SILENCE, lossy, response_code, unique};
use super::line::MAX_REPLY_LINES;
use super::{Capabilities, Conversation, Dialogue, Input, Phase, Reply, Settings, Status, Step, Stop};

const QUIT: &[u8] = b"QUIT\r\n";
const CAPA: &[u8] = b"CAPA\r\n";

/// Response codes that say: later it may work (RFC 2449, section 8.1, and RFC 3206).
const TEMPORARY: [&str; 3] = ["SYS/TEMP", "IN-USE", "LOGIN-DELAY"];

/// The dialogue with a POP3 server.
#[derive(Debug, Clone)]
pub struct Pop3 {
    exchange: Exchange,
    /// Whether CAPA was answered with `+OK`; its list is coming.
    listing: bool,
    keywords: Vec<String>,
}

impl Pop3 {
    /// A dialogue that waits for the greeting.
    pub fn new(settings: Settings) -> Self {
        Self { exchange: Exchange::new(settings), listing: false, keywords: Vec::new() }
    }

    fn line(&mut self, line: &[u8]) -> Step {
        if self.listing {
            return self.capability(line);
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
        if ask { Step::Write(b"STLS\r\n".to_vec()) } else { self.exchange.finish(QUIT) }
    }
}

impl Dialogue for Pop3 {
    fn input(&mut self, input: Input<'_>) -> Step {
        match self.exchange.line(input) {
            Continue(line) => self.line(line),
            Break(step) => step,
        }
    }

    fn phase(&self) -> Phase {
        self.exchange.phase
    }

    fn conversation(&self) -> &Conversation {
        &self.exchange.conversation
    }

    fn take_conversation(&mut self) -> Conversation {
        mem::take(&mut self.exchange.conversation)
    }
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
