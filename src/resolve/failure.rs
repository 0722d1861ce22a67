//! What became of a question to one name server, in words that name it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};

use super::udp::{ConnectedSockets, is_exhaustion};
use super::zone::{lacks_zone, written};
use crate::observation::{LookupFailure, LookupFailureKind};

/// What an answer comes to that is not looked at, since it would take too long to validate. That is no fault of the server's.
pub(super) const TOO_MANY_RECORDS: &str = "an answer has more records than mailprobe validates";

/// A name server, and the sockets on which it is asked.
#[derive(Clone)]
pub(super) struct AskedServer {
    address: SocketAddr,
    pub(super) sockets: ConnectedSockets,
}

impl AskedServer {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, sockets: ConnectedSockets::to(address) }
    }

    pub(super) const fn address(&self) -> IpAddr {
        self.address.ip()
    }

    pub(super) fn failure(&self, name: &Name, record_type: RecordType, error: NetError) -> LookupFailure {
        let local = |message| LookupFailure { kind: LookupFailureKind::Local, message };
        let unreachable = |words: &str| {
            let needs =
                if lacks_zone(self.address) { ": its address needs an interface, as in fe80::1%eth0" } else { words };
            let message = format!("the name server {self} cannot be reached{needs}");
            LookupFailure::new(LookupFailureKind::Unreachable, message)
        };
        let words = match error {
            NetError::Dns(DnsError::NoRecordsFound(missing)) => return self.missing(name, record_type, &missing),
            NetError::Dns(DnsError::ResponseCode(code)) => format!("answered {}", mnemonic(code)),
            NetError::Timeout => return no_answer_from(&self.to_string()),
            NetError::Io(error) if is_exhaustion(&error) => return local(error.to_string()),
            NetError::Io(error) => return unreachable(&format!(": {}", in_words(&error))),
            NetError::Message(TOO_MANY_RECORDS) => {
                return local(format!("{TOO_MANY_RECORDS}: {} for {}", record_type, text(name)));
            }
            // What became of an I/O error when no other server is left.
            NetError::NoConnections => match self.sockets.exhausted.get() {
                Some(words) => return local(words.clone()),
                None => return unreachable(""),
            },
            NetError::Proto(error) => format!("sent a malformed answer: {error}"),
            NetError::Truncated => "truncated its answer, over TCP as well as UDP".to_owned(),
            error => format!("cannot be queried: {error}"),
        };
        self.failed(&words)
    }

    pub(super) fn failed(&self, words: &str) -> LookupFailure {
        LookupFailure::new(LookupFailureKind::Failed, format!("the name server {self} {words}"))
    }

    /// An answer without the records asked for.
    fn missing(&self, name: &Name, record_type: RecordType, missing: &NoRecords) -> LookupFailure {
        let last = missing.query.name();
        match missing.response_code {
            ResponseCode::NXDomain => {
                LookupFailure::new(LookupFailureKind::NoSuchName, format!("{} does not exist", chain(name, last)))
            }
            ResponseCode::NoError if missing.ns.is_some() && missing.soa.is_none() => {
                self.failed("only refers to other name servers: it does not resolve names")
            }
            ResponseCode::NoError => no_records(name, last, record_type),
            code => self.failed(&format!("answered {}", mnemonic(code))),
        }
    }
}

impl fmt::Display for AskedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.address))
    }
}

impl fmt::Debug for AskedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

pub(super) fn no_answer_from(servers: &str) -> LookupFailure {
    LookupFailure::new(LookupFailureKind::TimedOut, format!("no answer from the name server {servers} in time"))
}

pub(super) fn no_records(name: &Name, last: &Name, record_type: RecordType) -> LookupFailure {
    LookupFailure::new(LookupFailureKind::NoAddress, format!("{} has no {record_type} record", chain(name, last)))
}

/// The name, and where its aliases led.
fn chain(name: &Name, last: &Name) -> String {
    if name == last { text(name) } else { format!("{} is an alias for {}, which", text(name), text(last)) }
}

/// A name without its final dot, as it was written.
pub(super) fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

/// The name that RFC 1035 and its successors give a response code.
pub(super) fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr
        | ResponseCode::ServFail
        | ResponseCode::NotImp
        | ResponseCode::Refused
        | ResponseCode::NotAuth => format!("{code:?}").to_uppercase(),
        code => format!("response code {}", u16::from(code)),
    }
}

/// An I/O error without the number that the standard library adds.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
