//! Questions to name servers. Every server has a DNS client of its own, so that a failure can name the one it came from,
//! and so that the next is asked after *any* failure.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RecordType};
use tokio::time::{Instant, sleep, sleep_until};

use super::answers::{Answers, Families, bounded};
use super::failure::{AskedServer, no_answer_from, no_records, text};
use super::search::{SearchList, absolute};
use super::udp::ConnectedSockets;
use crate::observation::{LookupFailure, LookupFailureKind, Via};
use crate::words::counted;

/// How long a name server may be silent before the next one is asked too. A busy one answers within this; one that is
/// down costs no more.
const NEXT_SERVER_AFTER: Duration = Duration::from_secs(1);

/// The name servers, and what this machine's configuration says of how they are asked.
#[derive(Debug)]
pub(super) struct Dns {
    servers: Vec<NameServer>,
    addresses: Vec<SocketAddr>,
    asking: AskingOptions,
    search: SearchList,
    /// Whether IPv6 addresses may be asked for: `no-aaaa` forbids it.
    asks_for_ipv6: bool,
}

/// How a name server is asked.
#[derive(Debug, Clone, Copy, Default)]
struct AskingOptions {
    edns0: bool,
    tcp_only: bool,
}

impl Dns {
    /// The system's name servers; else why they are not known.
    #[cfg(target_os = "linux")]
    pub(super) fn of_system(limit: Duration) -> Result<Self, LookupFailure> {
        let conf = super::resolv_conf::ResolvConf::of_system().map_err(|error| unknown_servers(&error))?;
        tracing::debug!(?conf, "the system's DNS configuration");
        let asking = AskingOptions { edns0: conf.edns0, tcp_only: conf.tcp_only };
        let dns = Self::asking(&conf.servers, asking, conf.search, limit)?;
        Ok(Self { asks_for_ipv6: !conf.no_aaaa, ..dns })
    }

    /// The system's name servers; else why they are not known.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_system(limit: Duration) -> Result<Self, LookupFailure> {
        let (config, options) =
            hickory_resolver::system_conf::read_system_conf().map_err(|error| unknown_servers(&error))?;
        let servers = config.name_servers().iter();
        let servers: Vec<SocketAddr> =
            servers.filter_map(|server| Some(SocketAddr::new(server.ip, server.connections.first()?.port))).collect();
        let mut search = config.search().to_vec();
        search.extend(config.domain().cloned().filter(|domain| search.is_empty() && !domain.is_root()));
        let asking = AskingOptions { edns0: options.edns0, tcp_only: false };
        Self::asking(&servers, asking, SearchList::of_single_labels(search), limit)
    }

    /// These name servers, as the user named them.
    pub(super) fn with_servers(
        servers: &[SocketAddr],
        search: SearchList,
        limit: Duration,
    ) -> Result<Self, LookupFailure> {
        Self::asking(servers, AskingOptions::default(), search, limit)
    }

    fn asking(
        servers: &[SocketAddr],
        asking: AskingOptions,
        search: SearchList,
        limit: Duration,
    ) -> Result<Self, LookupFailure> {
        let addresses = servers.to_vec();
        let servers: Vec<NameServer> =
            servers.iter().filter_map(|&server| NameServer::new(server, asking, limit)).collect();
        if servers.is_empty() {
            return Err(unknown_servers(&"it names no name server"));
        }
        Ok(Self { servers, addresses, asking, search, asks_for_ipv6: true })
    }

    /// The name servers, in the order in which they are asked.
    pub(super) fn servers(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(super) fn is_tcp_only(&self) -> bool {
        self.asking.tcp_only
    }

    /// The addresses of a name. `as_typed`: a person typed it, so the search domains count, too.
    pub(super) async fn addresses(&self, name: &str, as_typed: bool, families: Families, limit: Duration) -> Answers {
        let asked = Families { v6: families.v6 && self.asks_for_ipv6, ..families };
        let mut answers = if asked.v4 || asked.v6 {
            self.searched(name, as_typed, asked, limit).await
        } else {
            Answers::new(Via::Dns, None, None)
        };
        if families.v6 && !asked.v6 {
            let words = "this machine's resolv.conf turns lookups of IPv6 addresses off (options no-aaaa)";
            answers.ipv6 = Some(Err(LookupFailure::new(LookupFailureKind::Ipv6Off, words)));
        }
        answers
    }

    async fn searched(&self, name: &str, as_typed: bool, families: Families, limit: Duration) -> Answers {
        let deadline = Instant::now() + limit;
        let candidates = self.search.candidates(name, as_typed);
        let mut told: Option<Answers> = None;
        for candidate in &candidates {
            let (ipv4, ipv6) = tokio::join!(
                self.family(families.v4.then_some(RecordType::A), candidate, deadline),
                self.family(families.v6.then_some(RecordType::AAAA), candidate, deadline),
            );
            let by = [&ipv4, &ipv6].into_iter().flatten().find_map(|given| given.as_ref().ok());
            let name_server = by.map(|(_, server)| server.to_string());
            let addresses = |given: Option<Result<(Vec<IpAddr>, &NameServer), LookupFailure>>| {
                given.map(|given| given.map(|(addresses, _)| addresses))
            };
            let mut answers = Answers { name_server, ..Answers::new(Via::Dns, addresses(ipv4), addresses(ipv6)) };
            if answers.found() {
                answers.found_as = Some(text(candidate)).filter(|found| found != name);
                return answers;
            }
            let unheard = [LookupFailureKind::TimedOut, LookupFailureKind::Unreachable, LookupFailureKind::Local];
            let is_unheard = answers.failures().any(|failure| unheard.contains(&failure.kind));
            // "No address" and failures tell more of a single label than "no such name" in some search domain. A name with a
            // dot is what it says, and what its search domains say of it counts only where it is found there.
            let exists =
                !name.contains('.') && answers.failures().any(|failure| failure.kind != LookupFailureKind::NoSuchName);
            if told.is_none() || exists {
                told = Some(answers);
            }
            if is_unheard {
                break;
            }
        }
        let Some(mut told) = told else { return Answers::failed(Via::Dns, families, &no_name(name)) };
        if told.is_no_name() && candidates.len() > 1 {
            let more = counted(candidates.len() - 1, "search domain");
            let words = format!("{name} does not exist, and not in this machine's {more} either");
            told = Answers::failed(Via::Dns, families, &LookupFailure::new(LookupFailureKind::NoSuchName, words));
        }
        told
    }

    async fn family(
        &self,
        record_type: Option<RecordType>,
        name: &Name,
        deadline: Instant,
    ) -> Option<Result<(Vec<IpAddr>, &NameServer), LookupFailure>> {
        let record_type = record_type?;
        Some(self.lookup(name, record_type, deadline).await.and_then(|(lookup, server)| {
            let of_type = lookup.answers().iter().filter(|record| record.record_type() == record_type);
            let addresses = bounded(of_type.filter_map(|record| record.data.ip_addr()));
            Ok((addresses.ok_or_else(|| no_records(name, name, record_type))?, server))
        }))
    }

    /// The records of a name. Servers are asked in the system's order, the next one as soon as one fails, or is silent
    /// for [`NEXT_SERVER_AFTER`]. The first that gives records, or says that there are none, decides.
    pub(super) async fn lookup(
        &self,
        name: &Name,
        record_type: RecordType,
        deadline: Instant,
    ) -> Result<(Lookup, &NameServer), LookupFailure> {
        // Boxed, so that the queue of those that are running does not move them.
        let mut waiting = self.servers.iter().map(|server| {
            Box::pin(async move {
                let answer = server.query(name, record_type).await;
                answer.map(|lookup| (lookup, server))
            })
        });
        let mut running: FuturesUnordered<_> = waiting.next().into_iter().collect();
        let mut failure: Option<LookupFailure> = None;
        loop {
            tokio::select! {
                answer = running.next() => match answer {
                    Some(Ok(found)) => return Ok(found),
                    Some(Err(definite)) if is_definite(definite.kind) => return Err(definite),
                    Some(Err(other)) => {
                        // What a server said tells more than that another could not be asked.
                        let is_unheard = |known: &LookupFailure| known.kind == LookupFailureKind::Unreachable;
                        if failure.as_ref().is_none_or(|known| is_unheard(known) && !is_unheard(&other)) {
                            failure = Some(other);
                        }
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

fn unknown_servers(why: &dyn fmt::Display) -> LookupFailure {
    let words = format!("this machine's DNS configuration cannot be used: {why}");
    tracing::debug!("{words}");
    LookupFailure::new(LookupFailureKind::Unreachable, words)
}

/// A name server and the client that asks it.
pub(super) struct NameServer {
    server: AskedServer,
    client: hickory_resolver::Resolver<ConnectedSockets>,
}

impl NameServer {
    fn new(address: SocketAddr, asking: AskingOptions, limit: Duration) -> Option<Self> {
        let config = ResolverConfig::from_name_servers(vec![config_of(address, asking.tcp_only)]);
        let server = AskedServer::new(address);
        let client = hickory_resolver::Resolver::builder_with_config(config, server.sockets.clone())
            .with_options(options(asking.edns0, limit))
            .build()
            .inspect_err(|error| tracing::debug!(%error, %address, "the name server cannot be used"))
            .ok()?;
        Some(Self { server, client })
    }

    async fn query(&self, name: &Name, record_type: RecordType) -> Result<Lookup, LookupFailure> {
        let answer = self.client.lookup(name.clone(), record_type).await;
        answer.map_err(|error| self.server.failure(name, record_type, error))
    }
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl fmt::Debug for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

/// How a name server is reached: where a UDP answer is truncated, over TCP.
pub(super) fn config_of(address: SocketAddr, tcp_only: bool) -> NameServerConfig {
    let by_transport = if tcp_only { NameServerConfig::tcp } else { NameServerConfig::udp_and_tcp };
    let mut server = by_transport(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

pub(super) fn options(edns0: bool, limit: Duration) -> ResolverOpts {
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
