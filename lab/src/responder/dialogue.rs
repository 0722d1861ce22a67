//! The words of a responder: fixed replies to the commands that a checking client sends.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Protocol;

/// The longest command line heard. Longer ones end the connection.
const MAX_COMMAND: usize = 512;

/// A part of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Before TLS, or without: whether TLS is offered.
    InTheClear {
        /// Whether it is.
        secure: bool,
    },
    /// Inside TLS: whether it begins with the greeting.
    Secured {
        /// Whether it does.
        greet: bool,
    },
}

/// How a part of a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client asked for TLS, and was told to begin.
    Tls,
    /// One of the two said goodbye, or the client hung up.
    Over,
}

/// Greets where it is time to, and answers commands.
pub(super) async fn hold<S>(stream: &mut S, protocol: Protocol, part: Part) -> io::Result<Ending>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if part != (Part::Secured { greet: false }) {
        stream.write_all(greeting(protocol).as_bytes()).await?;
        stream.flush().await?;
    }
    let mut buffer = [0; MAX_COMMAND];
    let mut held = 0;
    loop {
        let Some(end) = buffer[..held].iter().position(|&byte| byte == b'\n') else {
            match stream.read(&mut buffer[held..]).await? {
                0 => return Ok(Ending::Over),
                count => held += count,
            }
            continue;
        };
        let line = String::from_utf8_lossy(&buffer[..end]);
        let (reply, ending) = answer(protocol, part, line.trim_end());
        stream.write_all(reply.as_bytes()).await?;
        stream.flush().await?;
        if let Some(ending) = ending {
            return Ok(ending);
        }
        buffer.copy_within(end + 1..held, 0);
        held -= end + 1;
    }
}

fn greeting(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "220 mail.lab.example ESMTP ready\r\n",
        Protocol::Imap => "* OK mail.lab.example ready\r\n",
        Protocol::Pop3 => "+OK mail.lab.example ready\r\n",
    }
}

fn answer(protocol: Protocol, part: Part, line: &str) -> (String, Option<Ending>) {
    let offers_tls = part == (Part::InTheClear { secure: true });
    let (tag, verb) = match protocol {
        Protocol::Imap => line.split_once(' ').unwrap_or(("*", line)),
        Protocol::Smtp | Protocol::Pop3 => ("", line),
    };
    let verb = verb.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    let (reply, ending) = match (protocol, verb.as_str()) {
        (Protocol::Smtp, "EHLO") if offers_tls => (SMTP_BEFORE_TLS, None),
        (Protocol::Smtp, "EHLO") => (SMTP_INSIDE_TLS, None),
        (Protocol::Smtp, "STARTTLS") if offers_tls => ("220 2.0.0 Ready to start TLS\r\n", Some(Ending::Tls)),
        (Protocol::Smtp, "HELP") => ("214 2.0.0 This is a lab server\r\n", None),
        (Protocol::Smtp, "QUIT") => ("221 2.0.0 Bye\r\n", Some(Ending::Over)),
        (Protocol::Smtp, _) => ("502 5.5.2 Command not recognized\r\n", None),
        (Protocol::Pop3, "CAPA") if offers_tls => (POP3_BEFORE_TLS, None),
        (Protocol::Pop3, "CAPA") => (POP3_INSIDE_TLS, None),
        (Protocol::Pop3, "STLS") if offers_tls => ("+OK Begin TLS negotiation\r\n", Some(Ending::Tls)),
        (Protocol::Pop3, "QUIT") => ("+OK Bye\r\n", Some(Ending::Over)),
        (Protocol::Pop3, _) => ("-ERR Unknown command\r\n", None),
        (Protocol::Imap, "CAPABILITY") if offers_tls => {
            ("* CAPABILITY IMAP4rev1 SASL-IR ID ENABLE IDLE STARTTLS LOGINDISABLED\r\n{tag} OK Done\r\n", None)
        }
        (Protocol::Imap, "CAPABILITY") => {
            ("* CAPABILITY IMAP4rev1 SASL-IR ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN\r\n{tag} OK Done\r\n", None)
        }
        (Protocol::Imap, "STARTTLS") if offers_tls => ("{tag} OK Begin TLS negotiation now\r\n", Some(Ending::Tls)),
        (Protocol::Imap, "LOGOUT") => ("* BYE Logging out\r\n{tag} OK Done\r\n", Some(Ending::Over)),
        (Protocol::Imap, _) => ("{tag} BAD Unknown command\r\n", None),
    };
    (reply.replace("{tag}", tag), ending)
}

const SMTP_BEFORE_TLS: &str = "250-mail.lab.example at your service\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n\
    250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
const SMTP_INSIDE_TLS: &str = "250-mail.lab.example at your service\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n\
    250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
const POP3_BEFORE_TLS: &str = "+OK Capability list follows\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nSTLS\r\n.\r\n";
const POP3_INSIDE_TLS: &str =
    "+OK Capability list follows\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n";
