//! A good IMAP server's side of the dialogue (RFC 9051, 3501).

use crate::behaviour::Mention;
use crate::scene::{Command, Scene};
use crate::script::Moment;

/// The greeting of RFC 9051, section 7.1.1.
pub(crate) fn greeting(scene: &Scene<'_>) -> String {
    let host = &scene.behaviour.host;
    if scene.behaviour.capabilities_in_greeting {
        format!("* OK [CAPABILITY {}] {host} ready\r\n", capabilities(scene))
    } else {
        format!("* OK {host} ready\r\n")
    }
}

/// Reads a command line.
pub(crate) fn hear(scene: &Scene<'_>, line: &str) -> Command {
    let mut words = line.split(' ');
    let tag = words.next().filter(|tag| is_tag(tag));
    let verb = words.next().unwrap_or_default().to_ascii_uppercase();
    let moment = match verb.as_str() {
        _ if tag.is_none() => Moment::Other,
        "CAPABILITY" => scene.capabilities_moment(),
        "STARTTLS" => Moment::StartTls,
        "LOGIN" | "AUTHENTICATE" if scene.login_allowed() => Moment::Login,
        "LOGOUT" => Moment::Quit,
        _ => Moment::Other,
    };
    Command { moment, tag: tag.unwrap_or("*").to_owned(), line: line.to_owned() }
}

/// Answers a command.
pub(crate) fn reply(scene: &Scene<'_>, command: &Command) -> String {
    let tag = &command.tag;
    match command.moment {
        Moment::Capabilities | Moment::SecuredCapabilities => {
            format!("* CAPABILITY {}\r\n{tag} OK Capability completed\r\n", capabilities(scene))
        }
        Moment::StartTls if scene.secured => format!("{tag} BAD TLS is already active\r\n"),
        Moment::StartTls if scene.takes_starttls() => format!("{tag} OK Begin TLS negotiation now\r\n"),
        Moment::Quit => format!("* BYE Logging out\r\n{tag} OK Logout completed\r\n"),
        _ => format!("{tag} {}\r\n", other(scene, &command.line)),
    }
}

fn other(scene: &Scene<'_>, line: &str) -> &'static str {
    let verb = line.split(' ').nth(1).unwrap_or_default().to_ascii_uppercase();
    match verb.as_str() {
        "NOOP" => "OK Noop completed",
        "ID" => "OK Id completed",
        "LOGIN" | "AUTHENTICATE" if scene.login_allowed() => "NO [AUTHENTICATIONFAILED] Authentication failed",
        "LOGIN" | "AUTHENTICATE" => "NO [PRIVACYREQUIRED] Plaintext login is disabled",
        _ => "BAD Unknown command",
    }
}

fn capabilities(scene: &Scene<'_>) -> String {
    let mut capabilities = vec!["IMAP4rev1", "IMAP4rev2", "SASL-IR", "ID", "ENABLE", "IDLE", "LITERAL+"];
    if !scene.secured && scene.behaviour.starttls == Mention::Offered {
        capabilities.push("STARTTLS");
    }
    if scene.login_allowed() {
        capabilities.extend(["AUTH=PLAIN", "AUTH=LOGIN"]);
    } else {
        capabilities.push("LOGINDISABLED");
    }
    capabilities.join(" ")
}

/// RFC 9051, section 9: a tag is letters, digits and most punctuation, but never `+` or `*`.
fn is_tag(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"+*(){%\"\\".contains(&byte))
}
