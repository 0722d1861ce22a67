//! `serve` and `list`: servers that behave, and misbehave.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mailprobe_lab::{Behaviour, Fault, Leaf, Limits, Pki, Server};

use super::options::{Options, USAGE};
use super::output::{print, stay};

pub(super) fn serve(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--ca-out", "--for", "--pause", "--beat"], &[])?;
    if options.words.is_empty() {
        return Err(format!("no server was named\n{USAGE}"));
    }
    let (pause, beat) = (options.milliseconds("--pause")?, options.milliseconds("--beat")?);
    let servers = options.words.iter().map(|server| read_server(server)).collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = options.text("--ca-out") {
        std::fs::write(path, Pki::shared().ca_pem()).map_err(|error| format!("{path}: {error}"))?;
    }
    // Without --for they live as long as the standard input, which can be a day's work.
    let lifetime = options.lifetime()?.unwrap_or(Duration::from_secs(24 * 60 * 60));
    let limits = Limits { lifetime, connections: 1_000_000, ..Limits::default() };
    let mut running = Vec::new();
    for (words, mut behaviour, address) in servers {
        if let Some(pause) = pause {
            behaviour = behaviour.pause(pause);
        }
        if let Some(beat) = beat {
            behaviour = behaviour.beat(beat);
        }
        let server = Server::start_with(behaviour, address, limits).map_err(|error| format!("{address}: {error}"))?;
        print(output, &format!("listening {} {words}", server.address()))?;
        running.push(server);
    }
    stay(output, options.lifetime()?)
}

fn read_server(text: &str) -> Result<(&str, Behaviour, SocketAddr), String> {
    let (words, address) = text.rsplit_once('@').ok_or_else(|| format!("{text:?} has no @ADDRESS:PORT"))?;
    let behaviour = words.parse::<Behaviour>().map_err(|error| error.to_string())?;
    let address = address.parse().map_err(|_| format!("{address:?} is not an IP address with a port"))?;
    Ok((words, behaviour, address))
}

pub(super) fn list(output: &mut impl Write) -> io::Result<()> {
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
