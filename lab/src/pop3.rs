//! A good POP3 server's side of the dialogue (RFC 1939, 2449, 2595).

use crate::behaviour::Mention;
use crate::scene::{Command, Scene};
use crate::script::Moment;

/// The greeting of RFC 1939, section 4.
pub(crate) fn greeting(scene: &Scene<'_>) -> String {
    format!("+OK {} ready\r\n", scene.behaviour.host)
}

/// Reads a command line.
pub(crate) fn hear(scene: &Scene<'_>, line: &str) -> Command {
    let moment = match verb(line).as_str() {
        "CAPA" => scene.capabilities_moment(),
        "STLS" => Moment::StartTls,
        "AUTH" | "PASS" if scene.login_allowed() => Moment::Login,
        "QUIT" => Moment::Quit,
        _ => Moment::Other,
    };
    Command { moment, tag: String::new(), line: line.to_owned() }
}

/// Answers a command.
pub(crate) fn reply(scene: &Scene<'_>, command: &Command) -> String {
    match command.moment {
        Moment::Capabilities | Moment::SecuredCapabilities => {
            format!("+OK Capability list follows\r\n{}\r\n.\r\n", capabilities(scene).join("\r\n"))
        }
        Moment::StartTls if scene.secured => "-ERR TLS is already active\r\n".to_owned(),
        Moment::StartTls if scene.takes_starttls() => "+OK Begin TLS negotiation\r\n".to_owned(),
        Moment::Quit => "+OK Bye\r\n".to_owned(),
        _ => other(scene, &command.line).to_owned(),
    }
}

fn other(scene: &Scene<'_>, line: &str) -> &'static str {
    match verb(line).as_str() {
        "USER" if scene.login_allowed() => "+OK\r\n",
        "PASS" | "AUTH" if scene.login_allowed() => "-ERR [AUTH] Authentication failed\r\n",
        "USER" | "PASS" | "AUTH" => "-ERR Plaintext login is disabled\r\n",
        _ => "-ERR Unknown command\r\n",
    }
}

fn capabilities(scene: &Scene<'_>) -> Vec<&'static str> {
    let mut capabilities = vec!["TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"];
    if !scene.secured && scene.behaviour.starttls == Mention::Offered {
        capabilities.push("STLS");
    }
    if scene.login_allowed() {
        capabilities.extend(["USER", "SASL PLAIN LOGIN"]);
    }
    capabilities
}

fn verb(line: &str) -> String {
    line.split(' ').next().unwrap_or_default().to_ascii_uppercase()
}
