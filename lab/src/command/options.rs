//! Options of the form `--name VALUE`, and the words between them.

use std::str::FromStr;
use std::time::Duration;

pub(super) const USAGE: &str = "\
usage: mailprobe-lab serve [OPTIONS] BEHAVIOUR@ADDRESS:PORT...
       mailprobe-lab list
       mailprobe-lab responder [OPTIONS] ROLE@ADDRESS:PORT...
       mailprobe-lab dns [OPTIONS]
       mailprobe-lab link --far PROCESS [OPTIONS]
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
  --loss PERCENT   of the packets in each direction are lost (0)
  --reorder PERCENT  of them arrive behind their successor (0)
  --seed N         what chance begins with (0)
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

/// What the arguments of a command say.
#[derive(Debug)]
pub(super) struct Options<'a> {
    values: Vec<(&'a str, &'a str)>,
    /// What is no option, in order.
    pub(super) words: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// Reads arguments. `known` are the options with a value, `switches` those without.
    pub(super) fn read(arguments: &'a [String], known: &[&str], switches: &[&str]) -> Result<Self, String> {
        let mut options = Self { values: Vec::new(), words: Vec::new() };
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            if known.contains(&argument) {
                let value = rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?;
                options.values.push((argument, value));
            } else if switches.contains(&argument) {
                options.values.push((argument, ""));
            } else if argument.starts_with('-') {
                return Err(format!("{argument} is no option\n{USAGE}"));
            } else {
                options.words.push(argument);
            }
        }
        Ok(options)
    }

    /// All values of an option.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |value| value.0 == name).map(|value| value.1)
    }

    /// The last value of an option.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.all(name).last()
    }

    /// The same, as a number or an address.
    pub(super) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{text:?} is not what {name} needs"))
    }

    /// The same, as a time in milliseconds.
    pub(super) fn milliseconds(&self, name: &str) -> Result<Option<Duration>, String> {
        Ok(self.value(name)?.map(Duration::from_millis))
    }

    /// The value of `--for`.
    pub(super) fn lifetime(&self) -> Result<Option<Duration>, String> {
        Ok(self.value("--for")?.map(Duration::from_secs))
    }
}
