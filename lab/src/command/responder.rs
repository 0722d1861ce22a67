//! `responder` and `dns`: what answers crowds.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mailprobe_lab::dns::{Zone, crowd};
use mailprobe_lab::responder::{Responder, Role};

use super::options::{Options, USAGE};
use super::output::{print, stay};

pub(super) fn responder(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--ca-out", "--for", "--threads"], &[])?;
    if options.words.is_empty() {
        return Err(format!("no server was named\n{USAGE}"));
    }
    let threads = options.value("--threads")?.unwrap_or(1);
    let mut responder = Responder::new(threads).map_err(|error| error.to_string())?;
    if let Some(path) = options.text("--ca-out") {
        std::fs::write(path, Responder::ca_pem()).map_err(|error| format!("{path}: {error}"))?;
    }
    for text in &options.words {
        let (words, address) = text.rsplit_once('@').ok_or_else(|| format!("{text:?} has no @ADDRESS:PORT"))?;
        let role: Role = words.parse()?;
        let address: SocketAddr =
            address.parse().map_err(|_| format!("{address:?} is not an IP address with a port"))?;
        let address = responder.listen(role, address).map_err(|error| format!("{address}: {error}"))?;
        print(output, &format!("listening {address} {words}"))?;
    }
    stay(output, options.lifetime()?)?;
    for (address, count) in responder.accepted() {
        print(output, &format!("accepted {count} {address}"))?;
    }
    output.flush().map_err(|error| error.to_string())
}

/// Where the name server of the crowd listens by default.
const DNS: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 5353);

pub(super) fn dns(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--bind", "--host", "--for", "--threads"], &[])?;
    if let Some(word) = options.words.first() {
        return Err(format!("{word:?} is one word too many\n{USAGE}"));
    }
    let address = options.value("--bind")?.unwrap_or_else(|| DNS.into());
    let mut others = Zone::new();
    for host in options.all("--host") {
        let read = host.split_once('=').and_then(|(name, address)| Some((name, address.parse::<IpAddr>().ok()?)));
        others = match read {
            Some((name, IpAddr::V4(address))) => others.a(name, address),
            Some((name, IpAddr::V6(address))) => others.aaaa(name, address),
            None => return Err(format!("{host:?} is not NAME=ADDRESS")),
        };
    }
    let threads = options.value("--threads")?.unwrap_or(1);
    let bound = crowd::serve(address, &others, threads).map_err(|error| format!("{address}: {error}"))?;
    print(output, &format!("listening {bound} dns"))?;
    stay(output, options.lifetime()?)
}
