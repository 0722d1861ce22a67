//! The commands of `mailprobe-lab`.

#[cfg(target_os = "linux")]
mod link;
mod measure;
mod options;
mod responder;
mod serve;

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

const USAGE: &str = "\
usage: mailprobe-lab serve [OPTIONS] BEHAVIOUR@ADDRESS:PORT...
       mailprobe-lab list
       mailprobe-lab responder [OPTIONS] ROLE@ADDRESS:PORT...
       mailprobe-lab dns [OPTIONS]
       mailprobe-lab link --far PROCESS [--delay MS]
       mailprobe-lab bare [OPTIONS] [TARGET...]
       mailprobe-lab floor HOST --ca-file FILE [OPTIONS]

serve: servers that behave and misbehave, each with its record
  BEHAVIOUR        PROTOCOL:SECURITY[:WORD]..., as in smtp:starttls:expired:slow-greeting
                   (smtp, imap, pop3; implicit, starttls, plaintext; `list` prints the words)
  --ca-out FILE    write the certificates that a client must trust, as PEM
  --for SECONDS    end after this time; without it, when the standard input ends
  --pause MS       how long a slow server waits (6000)
  --beat MS        the time between two bytes of a dripping server (1000)

responder: light servers for crowds of connections, for t0.lab.example and so on
  ROLE             PROTOCOL:SECURITY[:MODE] (good, silent, stall-tls, late-MS)
  --ca-out, --for  as above; at the end it prints how many connections came to each port
  --threads N      (1)

dns: the names of the crowd: t0.lab.example is 127.1.0.0, and so on
  --bind ADDRESS   (127.0.0.1:5353)
  --host NAME=IP   one more name; may be repeated
  --for, --threads as above

link: joins the network namespaces of this process and of another, with a delay in each direction (Linux)
  --far PROCESS    the other's number; its end is 10.77.0.2 and fd77::2, this one 10.77.0.1 and fd77::1
  --delay MS       (50)
  --for SECONDS    as above

bare: connects to many and understands nothing: what sockets and TLS alone cost
  TARGET           as in smtp://t7.lab.example:2525
  --targets FILE   more of them, one a line; - is the standard input
  --concurrency N  (100)
  --dns ADDRESS    who knows the names
  --server-name N  what TLS asks for
  --threads N      as many as there are cores

floor: the seven ports of a host, as fast as the protocols allow
  --ca-file FILE   whom to trust
  --dns ADDRESS    who knows the host
  --farewell       wait for the servers' goodbyes
";

/// Runs a command.
pub(crate) fn run(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let Some((command, rest)) = arguments.split_first() else { return Err(USAGE.to_owned()) };
    match command.as_str() {
        "serve" => serve::serve(rest, output),
        "list" if rest.is_empty() => serve::list(output).map_err(|error| error.to_string()),
        "responder" => responder::responder(rest, output),
        "dns" => responder::dns(rest, output),
        #[cfg(target_os = "linux")]
        "link" => link::link(rest, output),
        "bare" => measure::bare(rest, output),
        "floor" => measure::floor(rest, output),
        _ => Err(USAGE.to_owned()),
    }
}

/// Tells that all is up, and stays for this time, or until the standard input ends.
fn stay(output: &mut impl Write, lifetime: Option<Duration>) -> Result<(), String> {
    output.flush().map_err(|error| error.to_string())?;
    if let Some(lifetime) = lifetime {
        thread::sleep(lifetime);
        return Ok(());
    }
    let mut input = io::stdin().lock();
    let mut chunk = [0; 1024];
    while matches!(input.read(&mut chunk), Ok(1..)) {}
    Ok(())
}

fn print(output: &mut impl Write, line: &str) -> Result<(), String> {
    writeln!(output, "{line}").map_err(|error| error.to_string())
}
