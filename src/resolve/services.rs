//! Records that name servers for mail programs (SRV), and whether a name is an alias (CNAME).

use hickory_resolver::proto::rr::{RData, RecordType};

use super::dns::absolute;
use super::records::text;
use super::resolver::Resolver;
use crate::observation::{LookupFailure, LookupFailureKind};

/// Where a service is to be found (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The lower, the sooner it is tried.
    pub priority: u16,
    /// Among equals in priority, the share of clients that it should get.
    pub weight: u16,
    /// The TCP port.
    pub port: u16,
    /// The host's name in lower case and without a final dot, as it stands there. It may be no host name at all.
    pub target: String,
}

impl Resolver {
    /// The records of a service, by priority and then by weight. `name` as in `_imaps._tcp.example.org`.
    ///
    /// # Errors
    ///
    /// [`NoMail`](LookupFailureKind::NoMail) where the target `.` says that the service is not offered.
    /// [`NoSuchName`](LookupFailureKind::NoSuchName) and [`NoAddress`](LookupFailureKind::NoAddress) mean that there is
    /// no such record. Else what the DNS said.
    pub async fn srv(&self, name: &str) -> Result<Vec<ServiceRecord>, LookupFailure> {
        let absolute = absolute(name).ok_or_else(|| {
            LookupFailure::new(LookupFailureKind::NoSuchName, format!("{name} cannot be looked up in the DNS"))
        })?;
        let mut records = self
            .records(&absolute, RecordType::SRV, |data| match data {
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
            return Err(LookupFailure::new(
                LookupFailureKind::NoMail,
                format!("the SRV record {name} has the target \".\": the service is not offered"),
            ));
        }
        records.sort_by_key(|record| (record.priority, u16::MAX - record.weight));
        Ok(records)
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
}
