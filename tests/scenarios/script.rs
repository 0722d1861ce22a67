//! Reads a scenario file.
//!
//! ```text
//! # A remark for the reader.
//! service = submission                     a name from the port table
//! security = plaintext                     where it is not the service's own
//! expect end = completed                   how the dialogue ends, the words are in main.rs, `end`
//! expect state = ok                        what diagnosis makes of it
//! expect stage = starttls                  the stage that was not completed, where one was not
//! expect finding = starttls-refused        as often as needed; every error and warning must be named
//! expect greeting = 220 mx ESMTP           the whole greeting's first line
//! expect capability = STARTTLS             before TLS, as the server wrote it
//! expect secured capability = AUTH PLAIN   inside TLS
//! expect mechanism = PLAIN                 the last capabilities that were read
//!
//! S: 220 mx ESMTP\r\n
//! C: EHLO probe.test.example\r\n
//! *** TLS ok                               the handshake succeeds
//! *** TLS alert internal_error             the handshake fails with this alert
//! *** EOF                                  the server ends the stream
//! *** silence                              the server says nothing more
//! *** attempt try-starttls                 a further connection, by its purpose
//! ```
//!
//! In `S:` and `C:` lines `\r`, `\n`, `\0`, `\\` and `\xff` stand for the bytes.

use mailprobe::internals::observation::{Purpose, Stage};
use mailprobe::internals::service::{Security, Service};

/// A whole scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) service: Service,
    pub(crate) security: Security,
    pub(crate) expected: Expected,
    pub(crate) attempts: Vec<ScriptedAttempt>,
}

/// What the scenario says must come out.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) end: String,
    pub(crate) state: String,
    pub(crate) stage: Option<Stage>,
    pub(crate) findings: Vec<String>,
    pub(crate) greeting: Option<String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) secured_capabilities: Vec<String>,
    pub(crate) mechanisms: Vec<String>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct ScriptedAttempt {
    pub(crate) purpose: Purpose,
    pub(crate) events: Vec<Event>,
}

/// One line of the transcript.
#[derive(Debug)]
pub(crate) enum Event {
    Server(Vec<u8>),
    Client(Vec<u8>),
    TlsOk,
    TlsAlert(String),
    EndOfStream,
    Silence,
}

impl Scenario {
    /// Reads a scenario; the error names the line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut service = None;
        let mut security = None;
        let mut expected = Expected::default();
        let mut attempts = vec![ScriptedAttempt { purpose: Purpose::Probe, events: Vec::new() }];
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let known = if let Some(purpose) = line.strip_prefix("*** attempt ") {
                Purpose::from_name(purpose)
                    .map(|purpose| attempts.push(ScriptedAttempt { purpose, events: Vec::new() }))
            } else if let Some(event) = Event::parse(line) {
                attempts.last_mut().map(|attempt| attempt.events.push(event))
            } else {
                line.split_once(" = ").and_then(|(key, value)| match key {
                    "service" => Service::from_name(value).map(|value| service = Some(value)),
                    "security" => Security::from_name(value).map(|value| security = Some(value)),
                    _ => expected.set(key.strip_prefix("expect ")?, value),
                })
            };
            known.ok_or_else(|| format!("cannot read this line: {line}"))?;
        }
        let service = service.ok_or("the service is missing")?;
        if expected.end.is_empty() || expected.state.is_empty() {
            return Err("`expect end` and `expect state` must be there".to_owned());
        }
        Ok(Self { service, security: security.unwrap_or(service.security()), expected, attempts })
    }
}

impl Expected {
    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let value = value.to_owned();
        match key {
            "end" => self.end = value,
            "state" => self.state = value,
            "stage" => self.stage = Some(Stage::from_name(&value)?),
            "finding" => self.findings.push(value),
            "greeting" => self.greeting = Some(value),
            "capability" => self.capabilities.push(value),
            "secured capability" => self.secured_capabilities.push(value),
            "mechanism" => self.mechanisms.push(value),
            _ => return None,
        }
        Some(())
    }
}

impl Event {
    fn parse(line: &str) -> Option<Self> {
        if let Some(text) = line.strip_prefix("S: ") {
            return unescape(text).map(Self::Server);
        }
        if let Some(text) = line.strip_prefix("C: ") {
            return unescape(text).map(Self::Client);
        }
        match line.strip_prefix("*** ")? {
            "TLS ok" => Some(Self::TlsOk),
            "EOF" => Some(Self::EndOfStream),
            "silence" => Some(Self::Silence),
            remark => remark.strip_prefix("TLS alert ").map(|alert| Self::TlsAlert(alert.to_owned())),
        }
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        bytes.push(match characters.next()? {
            'r' => b'\r',
            'n' => b'\n',
            '0' => b'\0',
            '\\' => b'\\',
            'x' => u8::from_str_radix(&characters.by_ref().take(2).collect::<String>(), 16).ok()?,
            _ => return None,
        });
    }
    Some(bytes)
}
