//! What an SMTP server is asked beyond its capabilities: a login (RFC 4954), and what it would take (RFC 5321, section 3.3).

use super::{CLOSING, QUIT, Smtp, first_of, say};
use crate::protocol::envelope::{Course, EnvelopeCourse};
use crate::protocol::exchange::{BLOTTED, SILENCE, secret};
use crate::protocol::sasl::{Secret, Way};
use crate::protocol::{Capabilities, Envelope, EnvelopeTalk, Errand, Phase, Refrained, Reply, Step, Stop, Withheld};

/// The login has succeeded (RFC 4954, section 6).
const LOGGED_IN: u16 = 235;

/// How much of a login fits into the command, with its name and the end of the line (RFC 5321, section 4.5.3.1.4; RFC 4954,
/// section 4).
const COMMAND_BYTES: usize = 512;

impl Smtp {
    /// What is wanted beyond the capabilities: the login first.
    pub(super) fn go_on(&mut self) -> Step {
        if let Some(step) = self.exchange.ask_to_log_in() {
            return step;
        }
        let wants = &self.exchange.settings.wants;
        // Where the login that was wanted did not come about, the server was not asked what it would be asked then.
        let is_ready = !wants.login || self.exchange.is_logged_in();
        let Some(envelope) = wants.envelope.as_ref().filter(|_| is_ready) else { return self.exchange.finish(QUIT) };
        let lacks_tls = self.exchange.conversation.stop == Some(Stop::StarttlsNotOffered);
        let may_go_on = lacks_tls && envelope.in_the_clear;
        if self.exchange.conversation.stop.is_some() && !may_go_on {
            return self.exchange.finish(QUIT);
        }
        let asks_leave = envelope.asks_leave;
        // That there is no TLS stops nothing then; the capabilities still show it.
        self.exchange.conversation.stop = None;
        if asks_leave { self.exchange.ask_leave(Errand::Envelope) } else { self.ask_for_envelope() }
    }

    pub(super) fn ask_for_envelope(&mut self) -> Step {
        let Some(envelope) = self.exchange.settings.wants.envelope.clone() else { return self.exchange.finish(QUIT) };
        let conversation = &self.exchange.conversation;
        let offered = conversation.secured.as_ref().or(conversation.plaintext.as_ref()).cloned().unwrap_or_default();
        self.ask_for(&envelope, &offered)
    }

    pub(super) fn ask_for(&mut self, envelope: &Envelope, offered: &Capabilities) -> Step {
        match EnvelopeCourse::begin(envelope, offered) {
            Ok((course, command)) => {
                self.exchange.phase = Phase::Envelope;
                self.envelope = Some(course);
                say(&command)
            }
            Err(why) => self.refrain(why),
        }
    }

    pub(super) fn refrain(&mut self, why: Refrained) -> Step {
        let talk = self.exchange.settings.wants.envelope.as_ref().map(EnvelopeTalk::of).unwrap_or_default();
        self.exchange.conversation.envelope = Some(EnvelopeTalk { refrained: Some(why), ..talk });
        self.exchange.finish(QUIT)
    }

    pub(super) fn envelope_reply(&mut self, code: u16, reply: Reply) -> Step {
        // No command of an envelope is answered by a request for more.
        if (300..400).contains(&code) {
            return self.exchange.stop(Stop::Malformed(first_of(reply)), SILENCE);
        }
        let Some(mut course) = self.envelope.take() else { return self.exchange.finish(QUIT) };
        let next = course.answered(reply);
        match next {
            _ if code == CLOSING => {
                self.keep_envelope(course);
                self.exchange.finish(SILENCE)
            }
            Course::Say(command) => {
                self.envelope = Some(course);
                say(&command)
            }
            Course::Over => {
                self.keep_envelope(course);
                self.exchange.finish(QUIT)
            }
        }
    }

    pub(super) fn keep_envelope(&mut self, course: EnvelopeCourse) {
        let talk = course.into_talk();
        if self.is_before_tls {
            self.exchange.conversation.sender_in_the_clear = talk.sender_reply;
        } else {
            self.exchange.conversation.envelope = Some(talk);
        }
    }

    pub(super) fn log_in(&mut self, way: Way) -> Step {
        let Way::Sasl(sasl) = way else {
            self.exchange.withhold_login(Withheld::NoMechanism);
            return self.go_on();
        };
        let most = COMMAND_BYTES - "AUTH  \r\n".len() - sasl.mechanism().len();
        match self.exchange.begin_login(sasl, most) {
            Some((mechanism, None)) => say(&format!("AUTH {mechanism}")),
            Some((mechanism, Some(response))) => {
                let command = format!("AUTH {mechanism}");
                secret(Secret::of(&[command.as_bytes(), b" ", &response, b"\r\n"]), format!("{command} {BLOTTED}"))
            }
            None => self.exchange.finish(QUIT),
        }
    }

    pub(super) fn login_reply(&mut self, code: u16, reply: Reply) -> Step {
        match code {
            LOGGED_IN => {
                self.exchange.login_accepted(reply);
                self.go_on()
            }
            400.. => {
                self.exchange.login_refused(reply);
                self.exchange.finish(if code == CLOSING { SILENCE } else { QUIT })
            }
            _ => self.exchange.stop(Stop::Malformed(first_of(reply)), QUIT),
        }
    }
}
