//! Second looks at a server that says nothing inside TLS: a web server waits for its client to speak, and so does a port that
//! expects TLS once more.

use std::io;
use std::net::SocketAddr;

use rustls::AlertDescription;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;
use tokio_rustls::client::TlsStream;

use super::beside::Timing;
use super::closing::Closing;
use super::deadlines::Deadlines;
use super::limits::REQUEST_AFTER;
use super::prober::Prober;
use super::pump::broken;
use super::recorder::Recorder;
use super::vigil::Vigil;
use super::wire::{Plain, Wire};
use crate::observation::{Attempt, FIRST_BYTES, InsideTls, Limit, Purpose, Speaker, Stage, StopCause, TlsFacts};
use crate::service::Protocol;
use crate::target::Endpoint;
use crate::transport::tap::Tap;
use crate::transport::tls::{Hello, alert_name};

impl Prober {
    /// Looks with a command, then with a TLS hello, one connection at a time.
    pub(super) async fn look_inside_tls(
        &self,
        timing: Timing,
        vigil: &Vigil,
        endpoint: &Endpoint,
        server: SocketAddr,
        deadlines: &Deadlines<'_>,
    ) -> Vec<Attempt> {
        let mut looks: Vec<Attempt> = Vec::new();
        let rest = u32::from(timing == Timing::Beside);
        for (purpose, looks_left) in [(Purpose::CommandInTls, 2 + rest), (Purpose::HelloInTls, 1 + rest)] {
            let deadlines = deadlines.beside(looks_left);
            let mut recorder = Recorder::new(purpose, self.options.transcript(), None);
            let mut answer = Vec::new();
            let look = self.look_inside(endpoint, server, &deadlines, &mut recorder, &mut answer);
            let result = vigil.unless_settled(look).await;
            let inside = what_speaks(&answer);
            note(&mut recorder, &answer, inside.as_ref());
            if inside.is_some() {
                vigil.explain();
            }
            if let Some(tls) = &mut recorder.learnt().tls {
                tls.inside = inside;
            }
            let look = recorder.end(result);
            let goes_on = answer.is_empty() && may_be_followed(&look, timing);
            looks.push(look);
            if !goes_on {
                break;
            }
        }
        looks
    }

    /// One look: the connection, TLS, and the question. What comes in answer to it goes to `answer`.
    async fn look_inside(
        &self,
        endpoint: &Endpoint,
        server: SocketAddr,
        deadlines: &Deadlines<'_>,
        recorder: &mut Recorder,
        answer: &mut Vec<u8>,
    ) -> Result<(), StopCause> {
        let connection = self.connect(server, true, deadlines, recorder).await?;
        let hello_name = self.hello_name(connection.local);
        let host = self.options.server_name.as_ref().unwrap_or(&endpoint.host);
        let stream = Tap::new(connection.stream);
        let first_bytes = stream.record();
        recorder.enter(Stage::Tls);
        let handshake = async {
            let answered = self.tls.say_hello(stream, host, Hello::Full, &[]).await;
            answered.map_err(|failure| (failure, TlsFacts::default()))?.finish().await
        };
        let session = deadlines.wait(deadlines.stage_end(recorder), Box::pin(handshake)).await?;
        recorder.learnt().first_bytes = first_bytes.first_bytes();
        let session = session.map_err(|(failure, _)| StopCause::Tls(failure))?;
        recorder.learnt().tls = Some(session.facts);
        let mut stream = session.stream;

        recorder.enter(Stage::Greeting);
        let end = deadlines.stage_end(recorder);
        if recorder.purpose == Purpose::CommandInTls {
            let command = command(endpoint.service.protocol(), &hello_name);
            let asked = Box::pin(ask(&mut stream, &command, answer, recorder));
            deadlines.wait(end, asked).await?.map_err(|error| broken(&error))?;
        } else {
            recorder.said(Speaker::Remark, "a TLS ClientHello is sent inside TLS");
            let inner = Tap::new(&mut stream);
            let first_bytes = inner.record();
            let handshake = async {
                // How it ends does not matter: whatever is TLS there has answered by then.
                if let Ok(answered) = self.tls.say_hello(inner, host, Hello::Classic, &[]).await {
                    let _ = answered.finish().await;
                }
            };
            let ended = deadlines.wait(end, Box::pin(handshake)).await;
            *answer = first_bytes.first_bytes();
            if answer.is_empty() {
                ended?;
                return Err(StopCause::Closed);
            }
        }
        Closing::begin(Wire::Tls(stream), Vec::new()).done().await;
        Ok(())
    }
}

/// Whether another question is worth asking after one that was not answered. A server that does not even answer the usual
/// TLS hello does not hear what is inside; and one that expects TLS there hangs up on anything else.
fn may_be_followed(look: &Attempt, timing: Timing) -> bool {
    let Some(stop) = look.stop.as_ref().filter(|stop| stop.stage == Stage::Greeting) else { return false };
    match stop.cause {
        StopCause::TimedOut(Limit::Stage | Limit::Endpoint) => timing == Timing::Beside,
        StopCause::Closed | StopCause::Reset | StopCause::Broken(_) | StopCause::Tls(_) => true,
        _ => false,
    }
}

/// A command that a server of the protocol answers without a login.
fn command(protocol: Protocol, hello_name: &str) -> String {
    match protocol {
        Protocol::Smtp => format!("EHLO {hello_name}\r\n"),
        Protocol::Imap => "a001 CAPABILITY\r\n".to_owned(),
        Protocol::Pop3 => "CAPA\r\n".to_owned(),
    }
}

/// What every web server answers, also one that passes over all that is no request.
const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";

/// Says the command, and a web request where nothing comes for a while, and reads the first line of what comes. Nothing at
/// all before the end is an error.
async fn ask(
    stream: &mut TlsStream<Plain>,
    command: &str,
    answer: &mut Vec<u8>,
    recorder: &mut Recorder,
) -> io::Result<()> {
    recorder.said(Speaker::Client, command.trim_end());
    stream.write_all(command.as_bytes()).await?;
    stream.flush().await?;
    let silence = sleep(REQUEST_AFTER);
    tokio::pin!(silence);
    let mut requested = false;
    let mut buffer = [0; FIRST_BYTES];
    while is_incomplete(answer) {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) if answer.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) if count > 0 => answer.extend(buffer.iter().take(count)),
                Err(error) if answer.is_empty() => return Err(error),
                _ => return Ok(()),
            },
            () = &mut silence, if answer.is_empty() && !requested => {
                requested = true;
                recorder.said(Speaker::Client, REQUEST.trim_end());
                stream.write_all(REQUEST.as_bytes()).await?;
                stream.flush().await?;
            }
        }
    }
    Ok(())
}

/// Whether the rest of a line may follow.
fn is_incomplete(answer: &[u8]) -> bool {
    let is_decided = matches!(what_speaks(answer), Some(InsideTls::Tls(_)));
    !is_decided && !answer.contains(&b'\n') && answer.len() < FIRST_BYTES
}

/// What else than a mail server an answer inside TLS shows.
pub(super) fn what_speaks(answer: &[u8]) -> Option<InsideTls> {
    // Records and messages of TLS: RFC 8446, sections 5.1, 4 and 6.
    match answer {
        [0x16, 3, 0..=4, _, _, 2, ..] => return Some(InsideTls::Tls("ServerHello".to_owned())),
        [0x15, 3, 0..=4, 0, 2, 1 | 2, description, ..] => {
            let alert = alert_name(AlertDescription::from(*description));
            return Some(InsideTls::Tls(format!("alert {alert}")));
        }
        _ => {}
    }
    let line = first_line(answer);
    let begins = |start: &str| line.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    // Without a version in the request, HTTP/0.9 is meant, and the answer is a page without a status line.
    let is_web = begins("HTTP/") || begins("<!doctype html") || begins("<html");
    is_web.then_some(InsideTls::Http(line))
}

fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).trim_end().to_owned()
}

/// Puts into the transcript what came inside TLS.
fn note(recorder: &mut Recorder, answer: &[u8], inside: Option<&InsideTls>) {
    match inside {
        _ if answer.is_empty() => {}
        Some(InsideTls::Tls(what)) => recorder.said(Speaker::Remark, &format!("inside TLS, TLS answers: {what}")),
        _ => recorder.said(Speaker::Server, &first_line(answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_inside_tls_is_told_by_its_first_bytes() {
        let tls = |what: &str| Some(InsideTls::Tls(what.to_owned()));
        let http = |line: &str| Some(InsideTls::Http(line.to_owned()));
        let cases: &[(&[u8], Option<InsideTls>)] = &[
            (b"\x16\x03\x03\x00\x7a\x02\x00", tls("ServerHello")),
            (b"\x15\x03\x01\x00\x02\x02\x46", tls("alert protocol_version")),
            (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n", http("HTTP/1.1 400 Bad Request")),
            (b"<!DOCTYPE HTML>\n<html>", http("<!DOCTYPE HTML>")),
            (b"<html>\r\n", http("<html>")),
            (b"* OK IMAP4rev1 ready\r\n", None),
            (b"220 HTTP/1.1 is my name ESMTP\r\n", None),
            (b"+OK ready\r\n", None),
            // Not a ClientHello, which no server sends, nor an alert with more than two bytes.
            (b"\x16\x03\x01\x00\x7a\x01\x00", None),
            (b"\x15\x03\x03\x00\x13\x02\x46", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(what_speaks(bytes), *expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
