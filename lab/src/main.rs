//! Runs lab servers from a shell, or inside a network namespace.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use mailprobe_lab::{Behaviour, Fault, Leaf, Limits, Pki, Server};

const USAGE: &str = "\
usage: mailprobe-lab serve [OPTIONS] BEHAVIOUR@ADDRESS:PORT...
       mailprobe-lab list

  BEHAVIOUR        PROTOCOL:SECURITY[:WORD]..., as in smtp:starttls:expired:slow-greeting
                   (smtp, imap, pop3; implicit, starttls, plaintext; `list` prints the words)
  --ca-out FILE    write the certificates that a client must trust, as PEM
  --for SECONDS    end after this time; without it, when the standard input ends
  --pause MS       how long a slow server waits (6000)
  --beat MS        the time between two bytes of a dripping server (1000)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut output = io::stdout().lock();
    let outcome = match arguments.split_first() {
        Some((command, rest)) if command == "serve" => Orders::read(rest).and_then(|orders| serve(orders, &mut output)),
        Some((command, [])) if command == "list" => list(&mut output).map_err(|error| error.to_string()),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nothing is left to be done about a standard error that is closed.
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

/// What the arguments ask for.
#[derive(Default)]
struct Orders {
    ca_out: Option<PathBuf>,
    lifetime: Option<Duration>,
    pause: Option<Duration>,
    beat: Option<Duration>,
    servers: Vec<(String, Behaviour, SocketAddr)>,
}

impl Orders {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut orders = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--ca-out" => orders.ca_out = Some(value()?.into()),
                "--for" => orders.lifetime = Some(Duration::from_secs(number(value()?)?)),
                "--pause" => orders.pause = Some(Duration::from_millis(number(value()?)?)),
                "--beat" => orders.beat = Some(Duration::from_millis(number(value()?)?)),
                option if option.starts_with('-') => return Err(format!("{option} is no option\n{USAGE}")),
                server => orders.servers.push(read_server(server)?),
            }
        }
        if orders.servers.is_empty() {
            return Err(format!("no server was named\n{USAGE}"));
        }
        Ok(orders)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number"))
}

fn read_server(text: &str) -> Result<(String, Behaviour, SocketAddr), String> {
    let (words, address) = text.rsplit_once('@').ok_or_else(|| format!("{text:?} has no @ADDRESS:PORT"))?;
    let behaviour = words.parse::<Behaviour>().map_err(|error| error.to_string())?;
    let address = address.parse().map_err(|_| format!("{address:?} is not an IP address with a port"))?;
    Ok((words.to_owned(), behaviour, address))
}

fn serve(orders: Orders, output: &mut impl Write) -> Result<(), String> {
    if let Some(path) = &orders.ca_out {
        std::fs::write(path, Pki::shared().ca_pem()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    // Without --for they live as long as the standard input, which can be a day's work.
    let lifetime = orders.lifetime.unwrap_or(Duration::from_secs(24 * 60 * 60));
    let limits = Limits { lifetime, connections: 1_000_000, ..Limits::default() };
    let mut servers = Vec::new();
    for (words, mut behaviour, address) in orders.servers {
        if let Some(pause) = orders.pause {
            behaviour = behaviour.pause(pause);
        }
        if let Some(beat) = orders.beat {
            behaviour = behaviour.beat(beat);
        }
        let server = Server::start_with(behaviour, address, limits).map_err(|error| format!("{address}: {error}"))?;
        writeln!(output, "listening {} {words}", server.address()).map_err(|error| error.to_string())?;
        servers.push(server);
    }
    output.flush().map_err(|error| error.to_string())?;
    match orders.lifetime {
        Some(lifetime) => thread::sleep(lifetime),
        None => wait_for_end_of_input(),
    }
    Ok(())
}

fn wait_for_end_of_input() {
    let mut input = io::stdin().lock();
    let mut chunk = [0; 1024];
    while matches!(input.read(&mut chunk), Ok(1..)) {}
}

fn list(output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "certificates:")?;
    for leaf in Leaf::ALL {
        writeln!(output, "  {}", leaf.name())?;
    }
    writeln!(output, "\nfaults:")?;
    for fault in Fault::all() {
        writeln!(output, "  {:<32} {}", fault.name(), fault.about())?;
    }
    output.flush()
}
