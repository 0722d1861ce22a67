//! A good SMTP server's side of the dialogue (RFC 5321, 3207).

use crate::behaviour::Mention;
use crate::scene::{Command, Scene};
use crate::script::Moment;

/// The greeting of RFC 5321, section 3.1.
pub(crate) fn greeting(scene: &Scene<'_>) -> String {
    format!("220 {} ESMTP ready\r\n", scene.behaviour.host)
}

/// Reads a command line.
pub(crate) fn hear(scene: &Scene<'_>, line: &str) -> Command {
    let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
    let moment = match verb.to_ascii_uppercase().as_str() {
        "EHLO" if !argument.trim().is_empty() => scene.capabilities_moment(),
        "HELO" if !argument.trim().is_empty() => Moment::Helo,
        "STARTTLS" if argument.is_empty() => Moment::StartTls,
        "MAIL" => Moment::Sender,
        "RCPT" if scene.has_recipient => Moment::FurtherRecipient,
        "RCPT" => Moment::Recipient,
        "AUTH" if scene.login_allowed() => Moment::Login,
        "QUIT" => Moment::Quit,
        _ => Moment::Other,
    };
    Command { moment, tag: String::new(), line: line.to_owned() }
}

/// Answers a command.
pub(crate) fn reply(scene: &Scene<'_>, command: &Command) -> String {
    let host = &scene.behaviour.host;
    match command.moment {
        Moment::Capabilities | Moment::SecuredCapabilities => {
            let mut lines = vec![format!("{host} at your service, [{}]", scene.peer.ip())];
            lines.extend(keywords(scene).into_iter().map(str::to_owned));
            multiline(&lines)
        }
        Moment::Helo => format!("250 {host}\r\n"),
        Moment::StartTls if scene.secured => "503 5.5.1 TLS is already active\r\n".to_owned(),
        Moment::StartTls if scene.takes_starttls() => "220 2.0.0 Ready to start TLS\r\n".to_owned(),
        Moment::Quit => "221 2.0.0 Bye\r\n".to_owned(),
        _ => other(scene, &command.line).to_owned(),
    }
}

fn other(scene: &Scene<'_>, line: &str) -> &'static str {
    let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    let has_argument = line.trim_end().contains(' ');
    match verb.as_str() {
        "NOOP" | "RSET" => "250 2.0.0 Ok\r\n",
        "HELP" => "214 2.0.0 This is a lab server\r\n",
        "VRFY" => "252 2.0.0 Cannot verify\r\n",
        "EHLO" | "HELO" => "501 5.5.4 A host name is needed\r\n",
        "STARTTLS" if has_argument => "501 5.5.4 No parameters allowed\r\n",
        "AUTH" if scene.login_allowed() => "535 5.7.8 Authentication failed\r\n",
        "AUTH" => "538 5.7.11 Encryption required\r\n",
        "MAIL" if scene.takes_starttls() && !scene.secured => "530 5.7.0 Must issue a STARTTLS command first\r\n",
        "MAIL" | "RCPT" | "DATA" => "550 5.7.1 This lab takes no mail\r\n",
        _ => "502 5.5.2 Command not recognized\r\n",
    }
}

fn keywords(scene: &Scene<'_>) -> Vec<&'static str> {
    let mut keywords = vec!["PIPELINING", "SIZE 10240000"];
    if !scene.secured {
        match scene.behaviour.starttls {
            Mention::Offered => keywords.push("STARTTLS"),
            Mention::Masked => keywords.push("XXXXXXXA"),
            Mention::Hidden | Mention::Absent => {}
        }
    }
    if scene.login_allowed() {
        keywords.push("AUTH PLAIN LOGIN");
    }
    keywords.extend(["ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"]);
    keywords
}

fn multiline(lines: &[String]) -> String {
    let last = lines.len().saturating_sub(1);
    let line = |(index, text)| format!("250{}{text}\r\n", if index == last { ' ' } else { '-' });
    lines.iter().enumerate().map(line).collect()
}
