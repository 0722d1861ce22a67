//! What DANE needs of the DNS, with the proof of each answer.

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::dns::to_ask;
use super::dnssec::{DnssecAbility, ProvenAnswer, ValidatedDns};
use super::records::MailExchanger;
use super::resolver::Resolver;
use crate::observation::LookupFailure;
use crate::observation::promises::{DnssecPassage, TlsaRecord};

impl Resolver {
    /// Whether the name servers in use hand out what DNSSEC needs: else every answer's status is
    /// [`CannotTell`](crate::observation::promises::DnssecStatus::CannotTell).
    pub async fn dnssec(&self) -> DnssecAbility {
        match self.validated() {
            Ok(dns) => dns.ability().await,
            Err(unknown) => DnssecAbility { passage: DnssecPassage::Unknown, server: None, detail: unknown.message },
        }
    }

    /// The name server that is asked before others.
    pub fn first_name_server(&self) -> Option<SocketAddr> {
        self.dns().ok()?.servers().first().copied()
    }

    /// A domain's mail exchangers as their records stand there, the preferred one first. The name of a null MX record is empty.
    pub async fn proven_mx(&self, domain: &str) -> Result<ProvenAnswer<MailExchanger>, LookupFailure> {
        let mut answer = self.proven(domain, RecordType::MX, MailExchanger::of_record).await?;
        answer.records.sort_by_key(|exchanger| exchanger.preference);
        Ok(answer)
    }

    /// The addresses of a host that a record names, of one family.
    pub async fn proven_addresses(&self, host: &str, ipv6: bool) -> Result<ProvenAnswer<IpAddr>, LookupFailure> {
        let record_type = if ipv6 { RecordType::AAAA } else { RecordType::A };
        self.proven(host, record_type, RData::ip_addr).await
    }

    /// TLSA records, at a name as `_25._tcp.mx.example.org`.
    pub async fn proven_tlsa(&self, name: &str) -> Result<ProvenAnswer<TlsaRecord>, LookupFailure> {
        self.proven(name, RecordType::TLSA, tlsa).await
    }

    /// The same records, without any proof: one question, whose answer a question for the proof then finds there.
    pub async fn unproven_tlsa(&self, name: &str) -> Result<Vec<TlsaRecord>, LookupFailure> {
        self.validated()?.unproven(&to_ask(name)?, RecordType::TLSA, tlsa).await
    }

    async fn proven<T>(
        &self,
        name: &str,
        record_type: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<ProvenAnswer<T>, LookupFailure> {
        let domain = psl::domain_str(name).and_then(|domain| Name::from_ascii(format!("{domain}.")).ok());
        self.validated()?.prove(&to_ask(name)?, record_type, domain.as_ref(), read).await
    }

    fn validated(&self) -> Result<&ValidatedDns, LookupFailure> {
        let dns = self.dns().map_err(Clone::clone)?;
        let settings = &self.settings;
        let open =
            || ValidatedDns::asking(dns.servers(), dns.is_tcp_only(), &settings.trust_anchor, settings.lookup_timeout);
        Ok(self.validated.get_or_init(open))
    }
}

fn tlsa(data: &RData) -> Option<TlsaRecord> {
    let RData::TLSA(record) = data else { return None };
    Some(TlsaRecord {
        usage: record.cert_usage.into(),
        selector: record.selector.into(),
        matching_type: record.matching.into(),
        data: record.cert_data.clone(),
    })
}
