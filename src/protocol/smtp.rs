//! SMTP: greeting, EHLO, STARTTLS, EHLO again (RFC 5321, RFC 3207). What goes beyond that is in `errands`.

mod errands;

use std::ops::ControlFlow::{Break, Continue};

use super::envelope::EnvelopeCourse;
use super::exchange::{Exchange, MOST_KEYWORDS, SILENCE, lossy, unique};
use super::line::MAX_REPLY_LINES;
use super::{
    Capabilities, Conversation, Dialogue, Envelope, Input, Permission, Phase, Reply, Settings, Status, Step, Stop,
};

const QUIT: &[u8] = b"QUIT\r\n";

/// The server is closing the connection (RFC 5321, section 3.8): nobody listens to what is said after it.
const CLOSING: u16 = 421;

/// The service is ready (RFC 5321, section 4.2.3).
const GREETING: u16 = 220;

/// The server waits for the next message of a login (RFC 4954, section 4).
const CHALLENGE: u16 = 334;

/// The dialogue with an SMTP server.
pub struct Smtp {
    exchange: Exchange,
    /// Whether the server did not know EHLO.
    only_helo: bool,
    reply: Option<PartialReply>,
    /// The envelope that is being asked for.
    envelope: Option<EnvelopeCourse>,
    /// Whether that is only to see if the server insists on TLS, which it has offered.
    is_before_tls: bool,
}

impl Smtp {
    /// A dialogue that waits for the greeting.
    pub fn new(settings: Settings) -> Self {
        Self { exchange: Exchange::new(settings), only_helo: false, reply: None, envelope: None, is_before_tls: false }
    }

    fn line(&mut self, bytes: &[u8]) -> Step {
        let Some(line) = ReplyLine::parse(bytes) else {
            if self.exchange.phase == Phase::Greeting && self.reply.is_none() {
                return self.exchange.stop(Stop::ForeignGreeting(lossy(bytes)), SILENCE);
            }
            return self.give_up(Stop::Malformed(lossy(bytes)), QUIT);
        };
        let last = line.last;
        if self.is_challenge(bytes) {
            // As it came: of what is kept, the end may be missing.
            return self.exchange.answer_challenge(bytes.get(4..).unwrap_or_default(), bytes);
        }
        let kept = self.exchange.keep(bytes);
        let reply = self.reply.get_or_insert_with(|| PartialReply::new(line.code));
        if !reply.add(&line, kept) {
            return self.give_up(Stop::Malformed(lossy(bytes)), QUIT);
        }
        if !last && reply.lines.len() >= MAX_REPLY_LINES {
            return self.give_up(Stop::TooLong, SILENCE);
        }
        match self.reply.take_if(|_| last) {
            Some(reply) => self.reply(reply.code, reply.finish()),
            None => Step::Read,
        }
    }

    fn reply(&mut self, code: u16, reply: Reply) -> Step {
        match self.exchange.phase {
            Phase::Login => return self.login_reply(code, reply),
            Phase::Envelope => return self.envelope_reply(code, reply),
            _ => {}
        }
        if code == CLOSING {
            return self.exchange.reject(reply, SILENCE);
        }
        match self.exchange.phase {
            Phase::Starttls if code == GREETING => {
                let hello = self.hello();
                self.exchange.start_tls(reply, hello)
            }
            Phase::Starttls => self.exchange.refuse_tls(reply, QUIT),
            // Only these two say that the command is not known; any other refusal is about us (RFC 5321, section 4.1.4).
            Phase::Capabilities | Phase::SecuredCapabilities if !self.only_helo && matches!(code, 500 | 502) => {
                self.only_helo = true;
                self.say_hello()
            }
            _ if reply.status != Status::Positive => self.exchange.reject(reply, QUIT),
            // Of the positive codes only 220 greets (RFC 5321, section 4.3.2); news servers begin with 200, for one.
            Phase::Greeting if code != GREETING => self.exchange.stop(Stop::ForeignGreeting(first_of(reply)), QUIT),
            Phase::Greeting => {
                self.exchange.conversation.greeting = Some(reply);
                self.say_hello()
            }
            // Only 250 answers them well: a server that greets again, say, is out of step.
            // And the list of extensions is no answer to HELO (RFC 5321, section 4.1.1.1), but a late one to EHLO.
            _ if code != 250 || self.only_helo && lists_extensions(&reply.text) => {
                self.exchange.stop(Stop::Malformed(first_of(reply)), QUIT)
            }
            _ if self.only_helo => {
                self.offered(Capabilities { hello_text: first_line(&reply.text), ..Capabilities::default() })
            }
            _ => self.offered(extensions(&reply.text)),
        }
    }

    fn say_hello(&mut self) -> Step {
        self.exchange.enter_capabilities();
        Step::Write(self.hello())
    }

    fn hello(&self) -> Vec<u8> {
        let verb = if self.only_helo { "HELO" } else { "EHLO" };
        format!("{verb} {}\r\n", self.exchange.settings.hello).into_bytes()
    }

    fn offered(&mut self, capabilities: Capabilities) -> Step {
        let ask = self.exchange.offered(capabilities, false);
        if !ask {
            return self.go_on();
        }
        if self.exchange.settings.wants.sender_in_the_clear {
            self.is_before_tls = true;
            return self.ask_for(&Envelope::default(), &Capabilities::default());
        }
        self.exchange.phase = Phase::Starttls;
        say("STARTTLS")
    }

    fn give_up(&mut self, stop: Stop, farewell: &[u8]) -> Step {
        self.keep_unfinished_greeting();
        self.exchange.stop(stop, farewell)
    }

    /// A greeting that broke off is evidence all the same.
    fn keep_unfinished_greeting(&mut self) {
        if self.exchange.phase == Phase::Greeting
            && let Some(reply) = self.reply.take()
        {
            self.exchange.conversation.greeting = Some(reply.finish());
        }
    }
}

impl Dialogue for Smtp {
    fn input(&mut self, input: Input<'_>) -> Step {
        if matches!(input, Input::EndOfStream | Input::LineTooLong(_)) {
            self.keep_unfinished_greeting();
        }
        match self.exchange.line(input) {
            Continue(line) => self.line(line),
            Break(step) => step,
        }
    }

    fn introduce(&mut self, hello: String) {
        self.exchange.settings.hello = hello;
    }

    fn is_challenge(&self, line: &[u8]) -> bool {
        let awaits = self.exchange.takes_challenges() && self.reply.is_none();
        awaits && ReplyLine::parse(line).is_some_and(|line| line.code == CHALLENGE && line.last)
    }

    fn permit(&mut self, permission: Permission) -> Step {
        if !self.exchange.takes_leave() {
            return self.exchange.finish(QUIT);
        }
        match permission {
            Permission::LogIn(Ok(way)) => self.log_in(way),
            Permission::LogIn(Err(why)) => {
                self.exchange.withhold_login(why);
                self.go_on()
            }
            Permission::Envelope(Ok(())) => self.ask_for_envelope(),
            Permission::Envelope(Err(why)) => self.refrain(why),
        }
    }

    fn phase(&self) -> Phase {
        self.exchange.phase
    }

    fn conversation(&self) -> &Conversation {
        &self.exchange.conversation
    }

    fn take_conversation(&mut self) -> Conversation {
        if let Some(course) = self.envelope.take() {
            self.keep_envelope(course);
        }
        self.exchange.take_conversation()
    }
}

fn say(command: &str) -> Step {
    Step::Write(format!("{command}\r\n").into_bytes())
}

/// One line of a reply (RFC 5321, section 4.2).
struct ReplyLine {
    code: u16,
    last: bool,
}

impl ReplyLine {
    /// A hyphen after the code announces more lines, everything else ends the reply. Blanks other than the space are
    /// taken for one; a letter or digit there means that the three digits were no code.
    fn parse(line: &[u8]) -> Option<Self> {
        let (digits, rest) = line.split_at_checked(3)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        let last = match rest.first() {
            Some(b'-') => false,
            None | Some(b' ' | b'\t' | b'\r') => true,
            Some(_) => return None,
        };
        (200..600).contains(&code).then_some(Self { code, last })
    }
}

/// Reads a reply that stands alone, lines joined by a line feed: `554 5.7.1 Service unavailable`.
#[cfg(feature = "cli")]
pub fn read_reply(text: &str) -> Option<Reply> {
    let mut lines = text.lines();
    let first = lines.next()?;
    let line = ReplyLine::parse(first.as_bytes())?;
    let mut reply = PartialReply::new(line.code);
    reply.add(&line, first.to_owned());
    for next in lines {
        let line = ReplyLine::parse(next.as_bytes())?;
        if !reply.add(&line, next.to_owned()) {
            return None;
        }
    }
    Some(reply.finish())
}

/// A reply of which more lines may come.
#[derive(Debug, Clone)]
struct PartialReply {
    code: u16,
    lines: Vec<String>,
}

impl PartialReply {
    fn new(code: u16) -> Self {
        Self { code, lines: Vec::new() }
    }

    /// Takes a line unless its code contradicts the lines before. A refusal may follow a friendly beginning: Postfix's
    /// postscreen sends `220-` at once and then drops a blocklisted client with 521, or with 421 when it is too busy.
    fn add(&mut self, line: &ReplyLine, as_it_came: String) -> bool {
        if line.code != self.code {
            if self.code >= 400 || line.code < 400 {
                return false;
            }
            self.code = line.code;
        }
        self.lines.push(as_it_came);
        true
    }

    fn finish(self) -> Reply {
        let status = match self.code {
            500.. => Status::Permanent,
            400..=499 => Status::Temporary,
            _ => Status::Positive,
        };
        let mut enhanced = None;
        let mut plain = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            // After the code and what stands between the two.
            let (code, text) = enhanced_status_code(line.get(4..).unwrap_or_default(), status);
            enhanced = enhanced.or(code);
            plain.push(text.trim());
        }
        Reply {
            status,
            word: format!("{:03}", self.code),
            enhanced: enhanced.map(str::to_owned),
            response_code: None,
            text: plain.join("\n"),
            lines: self.lines,
        }
    }
}

/// Splits an enhanced status code (RFC 3463, carried as RFC 2034 says) from the text. What looks like one and has the
/// wrong class, such as a version number in a greeting, is text.
fn enhanced_status_code(text: &str, status: Status) -> (Option<&str>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = word.split('.');
    let class_fits = match parts.next() {
        Some("2") => status == Status::Positive,
        Some("4" | "5") => status != Status::Positive,
        _ => false,
    };
    let number = |part: Option<&str>| {
        part.is_some_and(|part| matches!(part.len(), 1..=3) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if class_fits && number(parts.next()) && number(parts.next()) && parts.next().is_none() {
        (Some(word), rest)
    } else {
        (None, text)
    }
}

/// Reads an EHLO reply: the server's words on the first line, then one extension a line (RFC 5321, section 4.1.1.1).
fn extensions(text: &str) -> Capabilities {
    let mut capabilities = Capabilities { hello_text: first_line(text), listed: true, ..Capabilities::default() };
    let mut mechanisms = Vec::new();
    for line in text.split('\n').skip(1).filter(|line| !line.is_empty()) {
        capabilities.keywords.push(line.to_owned());
        let (keyword, parameters) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        if keyword.eq_ignore_ascii_case("STARTTLS") {
            capabilities.starttls = true;
        }
        // `AUTH=PLAIN LOGIN` comes from a draft before RFC 2554; old mail programs need it, so servers still send it.
        let (keyword, attached) = keyword.split_once('=').unwrap_or((keyword, ""));
        if keyword.eq_ignore_ascii_case("AUTH") {
            let words = attached.split_whitespace().chain(parameters.split_whitespace());
            mechanisms.extend(words.map(str::to_ascii_uppercase));
        }
    }
    capabilities.mechanisms = unique(mechanisms.into_iter().take(MOST_KEYWORDS));
    capabilities
}

/// Whether a reply of several lines names an extension that nearly every server has.
fn lists_extensions(text: &str) -> bool {
    let keywords = text.split('\n').skip(1).filter_map(|line| line.split([' ', '\t']).next());
    keywords.into_iter().any(|keyword| {
        ["STARTTLS", "PIPELINING", "8BITMIME", "SIZE"].iter().any(|known| keyword.eq_ignore_ascii_case(known))
    })
}

/// The first line of a reply as it came.
fn first_of(reply: Reply) -> String {
    reply.lines.into_iter().next().unwrap_or_default()
}

fn first_line(text: &str) -> Option<String> {
    text.split('\n').next().map(str::to_owned)
}

#[cfg(test)]
mod tests;
