//! IMAP: greeting, CAPABILITY, STARTTLS, CAPABILITY again (RFC 9051, RFC 3501).

use std::collections::VecDeque;
use std::ops::ControlFlow::{Break, Continue};

use super::exchange::{BLOTTED, Exchange, MOST_KEYWORDS, SILENCE, lossy, response_code, secret, unique};
use super::line::MAX_REPLY_LINES;
use super::sasl::{Secret, Way};
use super::{
    Capabilities, Conversation, Dialogue, Input, Permission, Phase, Reply, Settings, Status, Step, Stop, Upgrade,
    Withheld,
};

/// Capabilities that decide what comes next.
const DECIDING: [&str; 3] = ["STARTTLS", "LOGINDISABLED", "XTLSREQUIRED"];

/// How many texts for people are kept.
const MOST_NOTICES: usize = 8;

/// The longest line that servers are known to take of a client. Only tokens come near it.
const COMMAND_BYTES: usize = 8192;

/// The dialogue with an IMAP server.
pub struct Imap {
    exchange: Exchange,
    /// How many commands were sent; their tags are `a1`, `a2`, …
    commands: u32,
    /// How many lines came since the last command.
    lines: usize,
    /// How much is still to come of a literal inside an untagged response, in bytes.
    literal: Option<usize>,
    keywords: Vec<String>,
    /// What is yet to be sent of a command, each part when the server asks for it.
    parts: VecDeque<Secret>,
}

impl Imap {
    /// A dialogue that waits for the greeting.
    pub fn new(settings: Settings) -> Self {
        Self {
            exchange: Exchange::new(settings),
            commands: 0,
            lines: 0,
            literal: None,
            keywords: Vec::new(),
            parts: VecDeque::new(),
        }
    }

    fn line(&mut self, line: &[u8]) -> Step {
        if self.exchange.phase == Phase::Greeting {
            return self.greeting(line);
        }
        if self.lines >= MAX_REPLY_LINES {
            return self.exchange.stop(Stop::TooLong, SILENCE);
        }
        self.lines += 1;
        // The tagged response comes first, even inside a literal: a server whose line feeds stand alone makes the count
        // of a literal's bytes come out wrong.
        if let Some(response) = self.tagged(line) {
            return self.completed(response);
        }
        if let Some(bytes) = self.literal {
            self.literal = literal_after(line, bytes);
            return Step::Read;
        }
        if let Some(response) = line.strip_prefix(b"* ") {
            return self.untagged(response, line);
        }
        if self.exchange.phase == Phase::Login
            && let Some(challenge) = line.strip_prefix(b"+")
        {
            return self.go_on_with_login(challenge, line);
        }
        let farewell = self.logout();
        self.exchange.malformed(line, &farewell)
    }

    fn greeting(&mut self, line: &[u8]) -> Step {
        let response = line.strip_prefix(b"* ").and_then(|response| Response::parse(response, line));
        let Some(Response { reply, keywords }) = response else {
            return self.exchange.stop(Stop::ForeignGreeting(lossy(line)), SILENCE);
        };
        let reply = self.exchange.shorten(reply);
        match reply.word.as_str() {
            "OK" | "PREAUTH" => {}
            "BYE" => return self.exchange.reject(reply, SILENCE),
            _ => return self.exchange.stop(Stop::ForeignGreeting(lossy(line)), SILENCE),
        }
        self.note(&reply);
        self.hear(keywords);
        let keywords = std::mem::take(&mut self.keywords);
        let logged_in = reply.word == "PREAUTH";
        self.exchange.conversation.greeting = Some(reply);
        let listed = (!keywords.is_empty()).then(|| capabilities(keywords));
        let Settings { secured, upgrade, .. } = self.exchange.settings;
        // STARTTLS is for a connection on which nobody is logged in (RFC 9051, section 6.2.1).
        if logged_in && !secured && upgrade != Upgrade::Never {
            self.exchange.conversation.plaintext =
                listed.map(|listed| Capabilities { password_login: false, ..listed });
            self.exchange.starttls_not_offered();
            return self.farewell();
        }
        // Nor is a login (RFC 9051, section 6.2).
        if logged_in && self.exchange.settings.wants.login {
            self.exchange.withhold_login(Withheld::NoMechanism);
        }
        // A greeting may name fewer capabilities than the command does: that STARTTLS is missing there proves nothing.
        let must_name_starttls = !secured && upgrade == Upgrade::WhenOffered;
        match listed {
            Some(listed) if listed.starttls || !must_name_starttls => self.offered(listed),
            _ => {
                self.exchange.enter_capabilities();
                Step::Write(self.capability())
            }
        }
    }

    fn capability(&mut self) -> Vec<u8> {
        self.keywords.clear();
        self.command("CAPABILITY")
    }

    fn untagged(&mut self, response: &[u8], line: &[u8]) -> Step {
        if let Some(status) = Response::parse(response, line) {
            if status.reply.word == "BYE" {
                let reply = self.exchange.shorten(status.reply);
                return self.exchange.reject(reply, SILENCE);
            }
            self.note(&status.reply);
            self.hear(status.keywords);
            return Step::Read;
        }
        let text = lossy(response);
        let mut words = text.split_whitespace();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("CAPABILITY")) {
            self.hear(words.map(str::to_owned));
        } else {
            self.literal = announced_literal(response);
        }
        Step::Read
    }

    /// Keeps what a reply says for people to read, where it is no refusal that is told anyway.
    fn note(&mut self, reply: &Reply) {
        let is_alert = reply.response_code.as_deref() == Some("ALERT");
        let is_for_people = is_alert || matches!(reply.word.as_str(), "NO" | "BAD");
        if is_for_people && self.exchange.conversation.notices.len() < MOST_NOTICES {
            let text = self.exchange.keep(reply.text.as_bytes());
            self.exchange.conversation.notices.push(text);
        }
    }

    /// Takes up capabilities. Of a list that does not end, only what decides whether TLS and passwords are for use.
    fn hear(&mut self, keywords: impl IntoIterator<Item = String>) {
        for keyword in keywords {
            let decides = DECIDING.iter().any(|deciding| keyword.eq_ignore_ascii_case(deciding));
            if self.keywords.len() < MOST_KEYWORDS {
                let keyword = self.exchange.keep(keyword.as_bytes());
                self.keywords.push(keyword);
            } else if decides && !self.keywords.contains(&keyword) {
                self.keywords.push(keyword);
            }
        }
    }

    /// The response that bears the last command's tag. Tags are compared byte for byte.
    fn tagged(&self, line: &[u8]) -> Option<Response> {
        let response = line.strip_prefix(self.tag().as_bytes())?.strip_prefix(b" ")?;
        Response::parse(response, line).filter(|response| matches!(response.reply.word.as_str(), "OK" | "NO" | "BAD"))
    }

    fn completed(&mut self, response: Response) -> Step {
        let Response { reply, keywords } = response;
        let reply = self.exchange.shorten(reply);
        if reply.word == "OK" {
            self.note(&reply);
        }
        match (self.exchange.phase, reply.word == "OK") {
            (Phase::Starttls, true) => {
                // What was known before TLS is void (RFC 9051, section 6.2.1).
                let capability = self.capability();
                self.exchange.start_tls(reply, capability)
            }
            (Phase::Starttls, false) => {
                let farewell = self.logout();
                self.exchange.refuse_tls(reply, &farewell)
            }
            (Phase::Login, is_taken) => {
                if is_taken && !self.parts.is_empty() {
                    self.exchange.login_accepted_early();
                } else if is_taken {
                    self.exchange.login_accepted(reply);
                } else {
                    self.exchange.login_refused(reply);
                }
                self.farewell()
            }
            (_, true) => {
                self.hear(keywords);
                let keywords = std::mem::take(&mut self.keywords);
                self.offered(capabilities(keywords))
            }
            (_, false) => {
                let farewell = self.logout();
                self.exchange.reject(reply, &farewell)
            }
        }
    }

    fn offered(&mut self, capabilities: Capabilities) -> Step {
        if self.exchange.offered(capabilities, false) {
            return Step::Write(self.command("STARTTLS"));
        }
        self.exchange.ask_to_log_in().unwrap_or_else(|| self.farewell())
    }

    fn log_in(&mut self, way: Way) -> Step {
        let sasl = match way {
            Way::Sasl(sasl) => sasl,
            Way::Password { user, password } => return self.log_in_by_command(&user, &password),
        };
        let most = if self.offers("SASL-IR") { COMMAND_BYTES } else { 0 };
        let Some((mechanism, attached)) = self.exchange.begin_login(sasl, most) else { return self.farewell() };
        let command = self.begin_command(&format!("AUTHENTICATE {mechanism}"));
        match attached {
            None => Step::Write(format!("{command}\r\n").into_bytes()),
            Some(response) => {
                secret(Secret::of(&[command.as_bytes(), b" ", &response, b"\r\n"]), format!("{command} {BLOTTED}"))
            }
        }
    }

    /// LOGIN, with its two arguments as quoted strings or, where they cannot be that, as literals (RFC 9051, section 4.3).
    fn log_in_by_command(&mut self, user: &str, password: &Secret) -> Step {
        self.exchange.begin_login_by_command();
        let command = self.begin_command("LOGIN");
        let mut parts = VecDeque::from([Secret::new(command.clone().into_bytes())]);
        for argument in [user.as_bytes(), password] {
            append_string(&mut parts, argument);
        }
        if let Some(last) = parts.back_mut() {
            last.extend(b"\r\n");
        }
        let bytes = parts.pop_front().unwrap_or_default();
        self.parts = parts;
        secret(bytes, format!("{command} {BLOTTED}"))
    }

    /// The server asks for more of the command.
    fn go_on_with_login(&mut self, challenge: &[u8], line: &[u8]) -> Step {
        match self.parts.pop_front() {
            Some(bytes) => secret(bytes, BLOTTED.to_owned()),
            None => self.exchange.answer_challenge(challenge, line),
        }
    }

    fn offers(&self, keyword: &str) -> bool {
        let Conversation { secured, plaintext, .. } = &self.exchange.conversation;
        let offered = secured.as_ref().or(plaintext.as_ref());
        offered.is_some_and(|offered| offered.keywords.iter().any(|one| one.eq_ignore_ascii_case(keyword)))
    }

    fn farewell(&mut self) -> Step {
        let farewell = self.logout();
        self.exchange.finish(&farewell)
    }

    fn logout(&mut self) -> Vec<u8> {
        self.command("LOGOUT")
    }

    fn command(&mut self, command: &str) -> Vec<u8> {
        format!("{}\r\n", self.begin_command(command)).into_bytes()
    }

    /// A command with its tag, of which more may follow before the end of the line.
    fn begin_command(&mut self, command: &str) -> String {
        self.commands += 1;
        self.lines = 0;
        self.literal = None;
        format!("{} {command}", self.tag())
    }

    fn tag(&self) -> String {
        format!("a{}", self.commands)
    }
}

impl Dialogue for Imap {
    fn input(&mut self, input: Input<'_>) -> Step {
        match self.exchange.line(input) {
            Continue(line) => self.line(line),
            Break(step) => step,
        }
    }

    fn is_challenge(&self, line: &[u8]) -> bool {
        self.exchange.takes_challenges() && line.starts_with(b"+")
    }

    fn permit(&mut self, permission: Permission) -> Step {
        match permission {
            Permission::LogIn(login) if self.exchange.takes_leave() => match login {
                Ok(way) => return self.log_in(way),
                Err(why) => self.exchange.withhold_login(why),
            },
            _ => {}
        }
        self.farewell()
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

/// A status response (RFC 9051, section 7.1), tagged or not.
struct Response {
    reply: Reply,
    /// The capabilities in its response code.
    keywords: Vec<String>,
}

impl Response {
    /// Reads what follows the tag or the asterisk; `None` unless it begins with one of the five status words.
    fn parse(response: &[u8], line: &[u8]) -> Option<Self> {
        let response = lossy(response);
        let (word, text) = response.split_once(' ').unwrap_or((response.trim_end(), ""));
        let word = word.to_ascii_uppercase();
        let (code, text) = response_code(text.trim());
        let unavailable = code.is_some_and(|(code, _)| code.eq_ignore_ascii_case("UNAVAILABLE"));
        let status = match word.as_str() {
            "OK" | "PREAUTH" => Status::Positive,
            "NO" | "BAD" | "BYE" if unavailable => Status::Temporary,
            "NO" | "BAD" | "BYE" => Status::Permanent,
            _ => return None,
        };
        let keywords = match code {
            Some((code, list)) if code.eq_ignore_ascii_case("CAPABILITY") => {
                list.split_whitespace().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let reply = Reply {
            status,
            word,
            enhanced: None,
            response_code: code.map(|(code, _)| code.to_ascii_uppercase()),
            text: text.to_owned(),
            lines: vec![lossy(line)],
        };
        Some(Self { reply, keywords })
    }
}

/// Appends a string to a command. Behind the announcement of a literal, a part of its own begins.
fn append_string(parts: &mut VecDeque<Secret>, argument: &[u8]) {
    let Some(last) = parts.back_mut() else { return };
    if argument.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        last.extend(b" \"");
        for byte in argument {
            if matches!(byte, b'"' | b'\\') {
                last.extend(b"\\");
            }
            last.extend(&[*byte]);
        }
        last.extend(b"\"");
    } else {
        last.extend(format!(" {{{}}}\r\n", argument.len()).as_bytes());
        parts.push_back(Secret::new(argument.to_vec()));
    }
}

/// Reads a tagged response, or the untagged one that stands for it: `a1 NO [UNAVAILABLE] ...`.
pub fn read_reply(text: &str) -> Option<Reply> {
    let (tag, response) = text.split_once(' ')?;
    let is_tag = |tag: &str| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let response = Response::parse(response.as_bytes(), text.as_bytes())?;
    (tag == "*" || is_tag(tag)).then_some(response.reply)
}

fn capabilities(keywords: Vec<String>) -> Capabilities {
    let keywords = unique(keywords);
    let named = |name: &str| keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(name));
    let mechanism = |keyword: &String| {
        let (name, mechanism) = keyword.split_once('=')?;
        (name.eq_ignore_ascii_case("AUTH") && !mechanism.is_empty()).then(|| mechanism.to_ascii_uppercase())
    };
    let login_disabled = named("LOGINDISABLED");
    Capabilities {
        starttls: named("STARTTLS"),
        mechanisms: unique(keywords.iter().filter_map(mechanism)),
        password_login: !login_disabled,
        login_disabled,
        listed: true,
        hello_text: None,
        keywords,
    }
}

/// The length of the literal that a line announces at its end: `{12}`, or `{12+}` (RFC 9051, section 4.3).
fn announced_literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = line.split_at_checked(line.len().checked_sub(digits)?)?;
    before.ends_with(b"{").then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

/// How much of a literal is left after this line: `None` when the response ended with it.
fn literal_after(line: &[u8], bytes: usize) -> Option<usize> {
    match line.get(bytes..) {
        Some(rest) => announced_literal(rest),
        None => Some(bytes.saturating_sub(line.len() + "\r\n".len())),
    }
}

#[cfg(test)]
mod tests;
