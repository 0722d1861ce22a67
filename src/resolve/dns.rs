//! Questions to name servers. Every server has a DNS client of its own, so that a failure can name the one it came from,
//! and so that the next is asked after *any* failure.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use tokio::time::{Instant, sleep, sleep_until};

use super::answers::{Answers, Families, FamilyAnswer, bounded};
use super::udp::{ConnectedSockets, is_exhaustion};
use crate::observation::{LookupFailure, LookupFailureKind, Via};

/// How long a name server may be silent before the next one is asked too. A busy one answers within this; one that is
/// down costs no more.
const NEXT_SERVER_AFTER: Duration = Duration::from_secs(1);

/// The name servers, and the search domains for single labels.
#[derive(Debug)]
pub(super) struct Dns {
    servers: Vec<NameServer>,
    search: Vec<Name>,
}

impl Dns {
    /// The system's name servers. `None` when its configuration is missing, broken or names none.
    pub(super) fn of_system(limit: Duration) -> Option<Self> {
        let (config, options) = read_system_conf()
            .inspect_err(|error| tracing::debug!(%error, "the system's DNS configuration cannot be used"))
            .ok()?;
        let servers: Vec<NameServer> = config
            .name_servers()
            .iter()
            .filter_map(|server| {
                let port = server.connections.first()?.port;
                NameServer::new(SocketAddr::new(server.ip, port), options.edns0, limit)
            })
            .collect();
        let mut search = config.search().to_vec();
        search.extend(config.domain().cloned().filter(|domain| search.is_empty() && !domain.is_root()));
        (!servers.is_empty()).then_some(Self { servers, search })
    }

    pub(super) fn with_servers(servers: &[SocketAddr], search: Vec<Name>, limit: Duration) -> Option<Self> {
        let servers =
            servers.iter().map(|&server| NameServer::new(server, false, limit)).collect::<Option<Vec<_>>>()?;
        Some(Self { servers, search })
    }

    pub(super) async fn addresses(&self, name: &str, families: Families, limit: Duration) -> Answers {
        let deadline = Instant::now() + limit;
        let mut told: Option<Answers> = None;
        for candidate in self.candidates(name) {
            let (ipv4, ipv6) = tokio::join!(
                self.family(families.v4.then_some(RecordType::A), &candidate, deadline),
                self.family(families.v6.then_some(RecordType::AAAA), &candidate, deadline),
            );
            let answers = Answers { via: Via::Dns, ipv4, ipv6 };
            let silent = answers.failures().any(|failure| failure.kind == LookupFailureKind::TimedOut);
            if answers.found() || silent {
                return answers;
            }
            // "No address" and failures tell more than "no such name" in some search domain.
            let exists = answers.failures().any(|failure| failure.kind != LookupFailureKind::NoSuchName);
            if told.is_none() || exists {
                told = Some(answers);
            }
        }
        told.unwrap_or_else(|| Answers::failed(Via::Dns, families, &no_name(name)))
    }

    /// The absolute names that may be meant: a single label in every search domain, then the name itself.
    fn candidates(&self, name: &str) -> Vec<Name> {
        let Some(absolute) = absolute(name) else { return Vec::new() };
        let search = if name.contains('.') { &[] } else { self.search.as_slice() };
        let mut candidates: Vec<Name> = search
            .iter()
            .filter_map(|domain| {
                let mut relative = absolute.clone();
                relative.set_fqdn(false);
                let mut name = relative.append_domain(domain).ok()?;
                name.set_fqdn(true);
                Some(name)
            })
            .collect();
        candidates.push(absolute);
        candidates
    }

    async fn family(&self, record_type: Option<RecordType>, name: &Name, deadline: Instant) -> Option<FamilyAnswer> {
        let record_type = record_type?;
        Some(self.lookup(name, record_type, deadline).await.and_then(|lookup| {
            let of_type = lookup.answers().iter().filter(|record| record.record_type() == record_type);
            bounded(of_type.filter_map(|record| record.data.ip_addr()))
                .ok_or_else(|| no_records(name, name, record_type))
        }))
    }

    /// The records of a name. Servers are asked in the system's order, the next one as soon as one fails, or is silent
    /// for [`NEXT_SERVER_AFTER`]. The first that gives records, or says that there are none, decides.
    pub(super) async fn lookup(
        &self,
        name: &Name,
        record_type: RecordType,
        deadline: Instant,
    ) -> Result<Lookup, LookupFailure> {
        let mut waiting = self.servers.iter().map(|server| server.query(name, record_type));
        let mut running: FuturesUnordered<_> = waiting.next().into_iter().collect();
        let mut failure: Option<LookupFailure> = None;
        loop {
            tokio::select! {
                answer = running.next() => match answer {
                    Some(Ok(lookup)) => return Ok(lookup),
                    Some(Err(definite)) if is_definite(definite.kind) => return Err(definite),
                    Some(Err(other)) => {
                        failure.get_or_insert(other);
                        running.extend(waiting.next());
                    }
                    None => break,
                },
                () = sleep(NEXT_SERVER_AFTER), if waiting.len() > 0 => running.extend(waiting.next()),
                () = sleep_until(deadline) => break,
            }
        }
        let servers: Vec<String> = self.servers.iter().map(ToString::to_string).collect();
        Err(failure.unwrap_or_else(|| no_answer_from(&servers.join(" or "))))
    }
}

pub(super) fn absolute(name: &str) -> Option<Name> {
    // Label by label, because the textual form gives some characters a meaning.
    Name::from_labels(name.split('.').map(str::as_bytes)).ok()
}

/// The absolute name, or why the DNS is not asked for it.
pub(super) fn to_ask(name: &str) -> Result<Name, LookupFailure> {
    absolute(name).ok_or_else(|| no_name(name))
}

fn no_name(name: &str) -> LookupFailure {
    LookupFailure::new(LookupFailureKind::NoSuchName, format!("{name} cannot be looked up in the DNS"))
}

/// Whether a failure is the DNS's last word on a name.
fn is_definite(kind: LookupFailureKind) -> bool {
    matches!(kind, LookupFailureKind::NoSuchName | LookupFailureKind::NoAddress)
}

fn no_answer_from(servers: &str) -> LookupFailure {
    LookupFailure::new(LookupFailureKind::TimedOut, format!("no answer from the name server {servers} in time"))
}

/// A name server and the client that asks it.
struct NameServer {
    address: SocketAddr,
    sockets: ConnectedSockets,
    client: hickory_resolver::Resolver<ConnectedSockets>,
}

impl NameServer {
    fn new(address: SocketAddr, edns0: bool, limit: Duration) -> Option<Self> {
        let mut server = NameServerConfig::udp_and_tcp(address.ip());
        for connection in &mut server.connections {
            connection.port = address.port();
        }
        let config = ResolverConfig::from_name_servers(vec![server]);
        let sockets = ConnectedSockets::default();
        let client = hickory_resolver::Resolver::builder_with_config(config, sockets.clone())
            .with_options(options(edns0, limit))
            .build()
            .inspect_err(|error| tracing::debug!(%error, %address, "the name server cannot be used"))
            .ok()?;
        Some(Self { address, sockets, client })
    }

    async fn query(&self, name: &Name, record_type: RecordType) -> Result<Lookup, LookupFailure> {
        self.client.lookup(name.clone(), record_type).await.map_err(|error| self.failure(name, record_type, error))
    }

    fn failure(&self, name: &Name, record_type: RecordType, error: NetError) -> LookupFailure {
        let local = |message| LookupFailure { kind: LookupFailureKind::Local, message };
        let words = match error {
            NetError::Dns(DnsError::NoRecordsFound(missing)) => return self.missing(name, record_type, &missing),
            NetError::Dns(DnsError::ResponseCode(code)) => format!("answered {}", mnemonic(code)),
            NetError::Timeout => return no_answer_from(&self.to_string()),
            NetError::Io(error) if is_exhaustion(&error) => return local(error.to_string()),
            NetError::Io(error) => format!("cannot be reached: {}", in_words(&error)),
            // What became of an I/O error when no other server is left.
            NetError::NoConnections => match self.sockets.exhausted.get() {
                Some(words) => return local(words.clone()),
                None => "cannot be reached".to_owned(),
            },
            NetError::Proto(error) => format!("sent a malformed answer: {error}"),
            NetError::Truncated => "truncated its answer, over TCP as well as UDP".to_owned(),
            error => format!("cannot be queried: {error}"),
        };
        self.failed(&words)
    }

    fn failed(&self, words: &str) -> LookupFailure {
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

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

fn options(edns0: bool, limit: Duration) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    // Two rounds. In each the client sends a UDP query three times, a third of a second apart, so neither one lost
    // packet nor a short outage is taken for silence.
    options.timeout = limit / 2;
    options.attempts = 1;
    // As the C library does it: without EDNS unless resolv.conf asks for it. Classic queries pass every middlebox, and
    // a larger answer comes over TCP.
    options.edns0 = edns0;
    // What counts is what the DNS says now; and a cache would keep hostile answers in memory.
    options.cache_size = 0;
    // The hosts file and the search domains are handled here, not there.
    options.use_hosts_file = ResolveHosts::Never;
    options.ndots = 0;
    options
}

fn no_records(name: &Name, last: &Name, record_type: RecordType) -> LookupFailure {
    LookupFailure::new(LookupFailureKind::NoAddress, format!("{} has no {record_type} record", chain(name, last)))
}

/// The name, and where its aliases led.
fn chain(name: &Name, last: &Name) -> String {
    let text = |name: &Name| name.to_ascii().trim_end_matches('.').to_owned();
    if name == last { text(name) } else { format!("{} is an alias for {}, which", text(name), text(last)) }
}

/// The name that RFC 1035 and its successors give a response code.
fn mnemonic(code: ResponseCode) -> String {
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
