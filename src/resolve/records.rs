//! Records beside addresses: who takes a domain's mail (MX), the names of an address (PTR), the servers for mail programs
//! (SRV), texts (TXT), and whether a name is an alias (CNAME).

use std::net::IpAddr;

use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::Instant;

use super::answers::Families;
use super::dns::to_ask;
use super::resolver::Resolver;
use super::search::absolute;
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::target::Host;

/// How many mail exchangers, or names of an address, are kept. The largest mail services publish fewer than ten.
pub const MAX_RECORDS: usize = 32;

/// How much of one text is kept, in bytes. What mail policies announce in one has a few hundred.
pub const MAX_TEXT: usize = 8 * 1024;

/// One of a domain's mail exchangers (RFC 5321, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailExchanger {
    /// The lower, the sooner it is tried.
    pub preference: u16,
    /// What the record names, in lower case and without a final dot. It may be no host name at all: see
    /// [`MailExchanger::host`].
    pub name: String,
}

impl MailExchanger {
    /// The host, where the record names one. An address in its place is not allowed (RFC 5321, section 2.3.5) and gives
    /// none.
    pub fn host(&self) -> Option<Host> {
        self.name.parse().ok().filter(|host| matches!(host, Host::Name(_)))
    }

    pub(super) fn of_record(data: &RData) -> Option<Self> {
        match data {
            RData::MX(mx) => Some(Self { preference: mx.preference, name: text(&mx.exchange) }),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseName {
    /// The name in lower case, without a final dot.
    pub name: String,
    /// Whether the name's own addresses contain the address it was found by.
    pub leads_back: bool,
}

/// Where a service is to be found (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The lower, the sooner it is tried.
    pub priority: u16,
    /// Among equals in priority, the share of clients that it should get.
    pub weight: u16,
    pub port: u16,
    /// The host's name in lower case and without a final dot, as it stands there. It may be no host name at all.
    pub target: String,
}

impl Resolver {
    /// A domain's mail exchangers, the preferred one first; those that are equal in the order of the answer.
    ///
    /// A null MX record that stands beside others, where RFC 7505 forbids it, is one with an empty name.
    ///
    /// # Errors
    ///
    /// [`NoMail`](LookupFailureKind::NoMail) where the domain says that it takes no mail (RFC 7505).
    /// [`NoAddress`](LookupFailureKind::NoAddress) where it exists and has no MX record: then its own address takes its
    /// mail, if anything does (RFC 5321, section 5.1). Else what the DNS said.
    pub async fn mx(&self, domain: &str) -> Result<Vec<MailExchanger>, LookupFailure> {
        let mut exchangers = self.records(&to_ask(domain)?, RecordType::MX, MailExchanger::of_record).await?;
        if exchangers.iter().all(|exchanger| exchanger.name.is_empty()) {
            let message = format!("{domain} says that it accepts no mail: its MX record is \".\"");
            return Err(LookupFailure::new(LookupFailureKind::NoMail, message));
        }
        exchangers.sort_by_key(|exchanger| exchanger.preference);
        Ok(exchangers)
    }

    /// The names of an address, and whether each leads back to it.
    ///
    /// # Errors
    ///
    /// What the DNS said; [`NoSuchName`](LookupFailureKind::NoSuchName) and [`NoAddress`](LookupFailureKind::NoAddress)
    /// mean that the address has no name.
    pub async fn ptr(&self, address: IpAddr) -> Result<Vec<ReverseName>, LookupFailure> {
        let address = address.to_canonical();
        let names = self
            .records(&Name::from(address), RecordType::PTR, |data| match data {
                RData::PTR(name) => Some(text(&name.0)).filter(|name| !name.is_empty()),
                _ => None,
            })
            .await?;
        let mut reverse = Vec::new();
        for name in names.into_iter().take(MAX_CONFIRMED) {
            let leads_back = self.leads_to(&name, address).await;
            reverse.push(ReverseName { name, leads_back });
        }
        Ok(reverse)
    }

    /// The records of a service, by priority and then by weight. `name` as in `_imaps._tcp.example.org`.
    ///
    /// # Errors
    ///
    /// [`NoMail`](LookupFailureKind::NoMail) where the target `.` says that the service is not offered.
    /// [`NoSuchName`](LookupFailureKind::NoSuchName) and [`NoAddress`](LookupFailureKind::NoAddress) mean that there is
    /// no such record. Else what the DNS said.
    pub async fn srv(&self, name: &str) -> Result<Vec<ServiceRecord>, LookupFailure> {
        let mut records = self
            .records(&to_ask(name)?, RecordType::SRV, |data| match data {
                RData::SRV(srv) => Some(ServiceRecord {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    target: text(&srv.target),
                }),
                _ => None,
            })
            .await?;
        records.retain(|record| !record.target.is_empty());
        if records.is_empty() {
            let message = format!("the SRV record {name} has the target \".\": the service is not offered");
            return Err(LookupFailure::new(LookupFailureKind::NoMail, message));
        }
        records.sort_by_key(|record| (record.priority, u16::MAX - record.weight));
        Ok(records)
    }

    /// The texts of a name in the order of the answer, one for each record: its strings joined without anything between
    /// them, as all who read policies there do it. What is not UTF-8 is replaced, and what is beyond [`MAX_TEXT`] cut off.
    ///
    /// # Errors
    ///
    /// [`NoSuchName`](LookupFailureKind::NoSuchName) and [`NoAddress`](LookupFailureKind::NoAddress) mean that there is
    /// no such record. Else what the DNS said.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, LookupFailure> {
        self.records(&to_ask(name)?, RecordType::TXT, |data| match data {
            RData::TXT(txt) => Some(joined(&txt.txt_data)),
            _ => None,
        })
        .await
    }

    /// What a name is an alias for; `None` where it is none, or where that cannot be found out.
    pub async fn alias(&self, name: &str) -> Option<String> {
        let targets = self
            .records(&absolute(name)?, RecordType::CNAME, |data| match data {
                RData::CNAME(target) => Some(text(&target.0)),
                _ => None,
            })
            .await;
        targets.ok()?.into_iter().next()
    }

    async fn leads_to(&self, name: &str, address: IpAddr) -> bool {
        let Ok(host @ Host::Name(_)) = name.parse() else { return false };
        let families = Families { v4: address.is_ipv4(), v6: address.is_ipv6() };
        self.absolute_addresses(&host, families).await.addresses.contains(&address)
    }

    /// The records of an absolute name, without their aliases.
    pub(super) async fn records<T>(
        &self,
        name: &Name,
        record_type: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, LookupFailure> {
        let dns = self.dns().map_err(Clone::clone)?;
        let (answer, _) = dns.lookup(name, record_type, Instant::now() + self.settings.lookup_timeout).await?;
        let records: Vec<T> =
            answer.answers().iter().filter_map(|record| read(&record.data)).take(MAX_RECORDS).collect();
        if records.is_empty() {
            let message = format!("{} has no {record_type} record", text(name));
            return Err(LookupFailure::new(LookupFailureKind::NoAddress, message));
        }
        Ok(records)
    }
}

/// How many names of one address are looked up in turn. Honest addresses have one or two.
const MAX_CONFIRMED: usize = 4;

fn joined(strings: &[Box<[u8]>]) -> String {
    let bytes: Vec<u8> = strings.iter().flat_map(|string| string.iter().copied()).take(MAX_TEXT).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
