//! What the name server knows, and how it behaves when asked.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::question::{Question, Reaction, Transport};

/// How the server behaves when asked for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// NOERROR and no record.
    NoData,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// Nothing at all.
    Silence,
    /// Nothing to the first so many questions, then the truth: lost packets.
    Lose(usize),
    /// REFUSED to the first so many questions, then the truth.
    RefuseFirst(usize),
    /// The truth, late.
    Delay(Duration),
    /// Over UDP only the mark that the answer was cut short; over TCP the truth.
    Truncate,
    /// The mark that the answer was cut short, over TCP as well.
    TruncateAlways,
    /// Bytes that are no message, under the right id.
    Malformed,
    /// The truth under another id.
    WrongId,
    /// No answer, but other name servers to ask.
    Referral,
}

/// Everything that a name server knows. What it does not know does not exist (NXDOMAIN).
#[derive(Debug, Clone, Default)]
pub struct Zone {
    records: HashMap<Name, Vec<RData>>,
    behaviours: Vec<(Name, Option<RecordType>, Behaviour)>,
    first_alias_only: bool,
}

/// Names are written without their final dot. Builders panic on a text that is no name: it is in the test's own source.
#[allow(clippy::missing_panics_doc)]
impl Zone {
    /// An empty zone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an IPv4 address.
    #[must_use]
    pub fn a(self, name: &str, address: impl Into<Ipv4Addr>) -> Self {
        self.record(name, RData::A(A(address.into())))
    }

    /// Adds an IPv6 address.
    #[must_use]
    pub fn aaaa(self, name: &str, address: impl Into<Ipv6Addr>) -> Self {
        self.record(name, RData::AAAA(AAAA(address.into())))
    }

    /// Adds a mail exchanger; `.` is the null MX.
    #[must_use]
    pub fn mx(self, name: &str, preference: u16, exchange: &str) -> Self {
        self.record(name, RData::MX(MX::new(preference, absolute(exchange))))
    }

    /// Adds a service; the target `.` says that there is none.
    #[must_use]
    pub fn srv(self, name: &str, priority: u16, weight: u16, port: u16, target: &str) -> Self {
        self.record(name, RData::SRV(SRV::new(priority, weight, port, absolute(target))))
    }

    /// Makes `name` an alias.
    #[must_use]
    pub fn cname(self, name: &str, target: &str) -> Self {
        self.record(name, RData::CNAME(CNAME(absolute(target))))
    }

    /// Adds the name of an address.
    #[must_use]
    pub fn ptr(self, address: impl Into<IpAddr>, name: &str) -> Self {
        let reverse = Name::from(address.into()).to_ascii();
        self.record(&reverse, RData::PTR(PTR(absolute(name))))
    }

    /// Adds a text.
    #[must_use]
    pub fn txt(self, name: &str, text: &str) -> Self {
        self.txt_strings(name, &[text.as_bytes()])
    }

    /// Adds a text of several strings, each of at most 255 bytes.
    #[must_use]
    pub fn txt_strings(self, name: &str, strings: &[&[u8]]) -> Self {
        self.record(name, RData::TXT(TXT::from_bytes(strings.to_vec())))
    }

    /// Adds so many IPv4 addresses, 10.0.0.0 and up.
    #[must_use]
    pub fn crowd(self, name: &str, count: u16) -> Self {
        (0..count).fold(self, |zone, index| {
            let [high, low] = index.to_be_bytes();
            zone.a(name, [10, 0, high, low])
        })
    }

    /// How to behave when asked for `name`, whatever the type.
    #[must_use]
    pub fn behave(mut self, name: &str, behaviour: Behaviour) -> Self {
        self.behaviours.push((absolute(name), None, behaviour));
        self
    }

    /// How to behave when asked for records of one type of `name`.
    #[must_use]
    pub fn behave_for(mut self, name: &str, record_type: RecordType, behaviour: Behaviour) -> Self {
        self.behaviours.push((absolute(name), Some(record_type), behaviour));
        self
    }

    /// Answers with an alias alone, never with what it leads to.
    #[must_use]
    pub fn first_alias_only(mut self) -> Self {
        self.first_alias_only = true;
        self
    }

    fn record(mut self, name: &str, data: RData) -> Self {
        self.records.entry(absolute(name)).or_default().push(data);
        self
    }
}

/// Without EDNS a datagram holds no more (RFC 1035, section 4.2.1).
pub(super) const CLASSIC_UDP_MESSAGE: usize = 512;

impl Zone {
    /// What to do with a query. `record` is told the question and says how often it came before.
    pub(super) fn react(&self, query: &[u8], transport: Transport, record: impl FnOnce(Question) -> usize) -> Reaction {
        let Ok(query) = Message::from_vec(query) else { return Reaction::Silence };
        let Some(question) = query.queries.first() else { return Reaction::Silence };
        let name = question.name().to_lowercase();
        let text = name.to_ascii().trim_end_matches('.').to_owned();
        let seen = record(Question { name: text, record_type: question.query_type(), transport });
        let answer = |message: Message| Reaction::Answer(Duration::ZERO, encode(&message, &query, transport));
        match self.behaviour(&name, question.query_type()) {
            Some(Behaviour::NoData) => answer(reply(&query, ResponseCode::NoError)),
            Some(Behaviour::ServFail) => answer(reply(&query, ResponseCode::ServFail)),
            Some(Behaviour::RefuseFirst(count)) if seen >= count => answer(self.truth(&query, question)),
            Some(Behaviour::Refused | Behaviour::RefuseFirst(_)) => answer(reply(&query, ResponseCode::Refused)),
            Some(Behaviour::Silence) => Reaction::Silence,
            Some(Behaviour::Lose(count)) if seen < count => Reaction::Silence,
            None | Some(Behaviour::Lose(_)) => answer(self.truth(&query, question)),
            Some(Behaviour::Delay(delay)) => {
                Reaction::Answer(delay, encode(&self.truth(&query, question), &query, transport))
            }
            Some(Behaviour::Truncate) if transport == Transport::Tcp => answer(self.truth(&query, question)),
            Some(Behaviour::Truncate | Behaviour::TruncateAlways) => answer(truncated(&query)),
            Some(Behaviour::Malformed) => Reaction::Answer(Duration::ZERO, malformed(query.metadata.id)),
            Some(Behaviour::WrongId) => {
                let mut message = self.truth(&query, question);
                message.metadata.id = query.metadata.id.wrapping_add(1);
                answer(message)
            }
            Some(Behaviour::Referral) => {
                let mut message = reply(&query, ResponseCode::NoError);
                let root = RData::NS(NS(absolute("ns.example")));
                message.add_authority(Record::from_rdata(Name::root(), TTL, root));
                answer(message)
            }
        }
    }

    fn behaviour(&self, name: &Name, record_type: RecordType) -> Option<Behaviour> {
        self.behaviours
            .iter()
            .find(|(named, of_type, _)| named == name && of_type.is_none_or(|of_type| of_type == record_type))
            .map(|&(_, _, behaviour)| behaviour)
    }

    /// The answer of an honest recursive server, except that it repeats a loop of aliases as it is.
    fn truth(&self, query: &Message, question: &Query) -> Message {
        let mut name = question.name().to_lowercase();
        let mut seen = Vec::new();
        let mut answers = Vec::new();
        let mut exists = true;
        while !seen.contains(&name) {
            let Some(data) = self.records.get(&name) else {
                exists = self.behaviours.iter().any(|(named, _, _)| *named == name);
                break;
            };
            let wanted = data.iter().filter(|data| data.record_type() == question.query_type());
            answers.extend(wanted.map(|data| Record::from_rdata(name.clone(), TTL, data.clone())));
            let alias = data.iter().find_map(|data| match data {
                RData::CNAME(CNAME(target)) if question.query_type() != RecordType::CNAME => {
                    Some(target.to_lowercase())
                }
                _ => None,
            });
            let Some(target) = alias else { break };
            answers.push(Record::from_rdata(name.clone(), TTL, RData::CNAME(CNAME(target.clone()))));
            if self.first_alias_only {
                break;
            }
            seen.push(std::mem::replace(&mut name, target));
        }
        let mut message = reply(query, if exists { ResponseCode::NoError } else { ResponseCode::NXDomain });
        message.add_answers(answers);
        message
    }
}

/// Time to live of every record, in seconds.
pub(super) const TTL: u32 = 300;

fn absolute(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap_or_else(|error| panic!("{name}: {error}")).to_lowercase();
    name.set_fqdn(true);
    name
}

pub(super) fn reply(query: &Message, code: ResponseCode) -> Message {
    let mut message = Message::response(query.metadata.id, query.metadata.op_code);
    message.metadata.recursion_desired = query.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.metadata.response_code = code;
    message.add_queries(query.queries.iter().cloned());
    message
}

pub(super) fn truncated(query: &Message) -> Message {
    let mut message = reply(query, ResponseCode::NoError);
    message.metadata.truncation = true;
    message
}

/// The message's bytes, or the mark that they do not fit.
fn encode(message: &Message, query: &Message, transport: Transport) -> Vec<u8> {
    let bytes = message.to_vec().unwrap_or_default();
    let room = query.edns.as_ref().map_or(CLASSIC_UDP_MESSAGE, |edns| usize::from(edns.max_payload()));
    if transport == Transport::Udp && bytes.len() > room {
        return truncated(query).to_vec().unwrap_or_default();
    }
    bytes
}

/// A header that promises five answers, and nothing but noise behind it.
fn malformed(id: u16) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend([0x81, 0x80, 0, 1, 0, 5, 0, 0, 0, 0]);
    bytes.extend([0xff; 20]);
    bytes
}
