//! The questions that validation asks of one name server, each of them once.
//!
//! The validator asks for the keys of a zone again with every set of records that they signed, many times at once. What
//! was answered a moment ago is answered from here.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, Shared};
use futures_util::stream::{BoxStream, once};
use hickory_resolver::NameServerPool;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Edns, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{LowerName, Name, RecordType};
use tokio::time::Instant;

use super::pieces::pieces;
use crate::resolve::failure::TOO_MANY_RECORDS;
use crate::resolve::udp::ConnectedSockets;

/// How long an answer serves. A run takes less, and the next one is to see what the DNS says then.
const KEPT_FOR: Duration = Duration::from_secs(20);
/// How many answers are kept. The promises of a domain with sixteen mail hosts ask for two hundred.
const MAX_KEPT: usize = 1024;
/// How many records an answer may have. A set of keys has ten, with signatures.
const MAX_RECORDS_IN_ANSWER: usize = 160;
/// What a UDP answer may hold: it passes every network in one piece (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;

type Answer = Result<Arc<Message>, NetError>;
type Key = (LowerName, RecordType);

/// A handle with a memory.
#[derive(Clone)]
pub(super) struct Questions {
    pool: NameServerPool<ConnectedSockets>,
    kept: Arc<Mutex<HashMap<Key, Kept>>>,
}

#[derive(Clone)]
struct Kept {
    since: Instant,
    answer: Shared<BoxFuture<'static, Answer>>,
}

impl Questions {
    pub(super) fn to(pool: NameServerPool<ConnectedSockets>) -> Self {
        Self { pool, kept: Arc::default() }
    }

    /// What the name server answers, as it came: nothing of it is proven.
    pub(super) async fn ask(&self, name: &Name, record_type: RecordType) -> Answer {
        self.asked(Query::query(name.clone(), record_type)).await
    }

    /// A question on the way from the root to a name that was asked and not answered.
    pub(super) fn unanswered_above(&self, name: &Name) -> Option<(Name, RecordType, NetError)> {
        self.above(name, |record_type, answer| {
            let is_of_chain = matches!(record_type, RecordType::DNSKEY | RecordType::DS | RecordType::NS);
            answer.as_ref().err().filter(|_| is_of_chain).cloned()
        })
    }

    /// The zone nearest to the root, on the way to a name, that has no DS record.
    pub(super) fn unsigned_above(&self, name: &Name) -> Option<Name> {
        self.above(name, |record_type, answer| {
            let has_none = answer.as_ref().is_ok_and(|answer| answer.answers.is_empty());
            (record_type == RecordType::DS && has_none).then_some(())
        })
        .map(|(name, ..)| name)
    }

    fn above<T>(&self, name: &Name, found: impl Fn(RecordType, &Answer) -> Option<T>) -> Option<(Name, RecordType, T)> {
        let kept = self.lock();
        let on_the_way = kept.iter().filter(|((owner, _), _)| owner.zone_of(&name.into()));
        on_the_way
            .filter_map(|((owner, record_type), kept)| {
                let found = found(*record_type, kept.answer.peek()?)?;
                Some((Name::from(owner), *record_type, found))
            })
            .min_by_key(|(owner, ..)| owner.num_labels())
    }

    fn asked(&self, query: Query) -> Shared<BoxFuture<'static, Answer>> {
        let key = (query.name().into(), query.query_type());
        let mut kept = self.lock();
        if let Some(known) = kept.get(&key).filter(|kept| kept.since.elapsed() < KEPT_FOR) {
            return known.answer.clone();
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        // Weak, since it is kept there itself.
        let (pool, kept_in) = (self.pool.clone(), Arc::downgrade(&self.kept));
        let answer = async move { over_the_network(&pool, query, &kept_in).await }.boxed().shared();
        kept.insert(key, Kept { since: Instant::now(), answer: answer.clone() });
        answer
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn over_the_network(
    pool: &NameServerPool<ConnectedSockets>,
    query: Query,
    kept_in: &Weak<Mutex<HashMap<Key, Kept>>>,
) -> Answer {
    let mut answer = pool.send(request(&query)).first_answer().await;
    // As plain questions: once more before a lost packet is taken for silence.
    if matches!(answer, Err(NetError::Timeout)) {
        answer = pool.send(request(&query)).first_answer().await;
    }
    let answer = message(answer)?;
    if answer.answers.len() + answer.authorities.len() > MAX_RECORDS_IN_ANSWER {
        return Err(NetError::Message(TOO_MANY_RECORDS));
    }
    let mut pieces = pieces(&query, &answer).into_iter();
    let own = pieces.next().map_or_else(|| Arc::new(answer), |(_, own)| Arc::new(own));
    if let Some(kept) = kept_in.upgrade() {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (query, piece) in pieces {
            let answer = ready(Ok(Arc::new(piece))).boxed().shared();
            // So that it can be peeked at.
            let _ = answer.clone().now_or_never();
            let key = (query.name().into(), query.query_type());
            kept.entry(key).or_insert(Kept { since: Instant::now(), answer });
        }
    }
    Ok(own)
}

impl DnsHandle for Questions {
    type Response = BoxStream<'static, Result<DnsResponse, NetError>>;
    type Runtime = ConnectedSockets;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let asked = request.queries.first().cloned().map(|query| self.asked(query));
        let answer = async move {
            let answer = asked.ok_or(NetError::Message("a request without a question"))?.await?;
            Ok(DnsResponse::from_message(Message::clone(&answer))?)
        };
        once(answer).boxed()
    }
}

/// A question for records with their signatures, whether or not they hold for the name server itself (RFC 6840, section
/// 5.9): else it keeps what it finds bogus to itself, and all that is left to see is that it failed.
fn request(query: &Query) -> DnsRequest {
    let mut message = Message::query();
    message.add_query(query.clone());
    message.metadata.recursion_desired = true;
    message.metadata.checking_disabled = true;
    message.edns.get_or_insert_with(Edns::new).set_max_payload(UDP_PAYLOAD).set_dnssec_ok(true);
    DnsRequest::new(message, DnsRequestOptions::default())
}

/// The answer, also where there are no records in it: the proof of that is in the answer.
fn message(answer: Result<DnsResponse, NetError>) -> Result<Message, NetError> {
    let missing = match answer {
        Ok(answer) => return Ok(answer.into_message()),
        Err(NetError::Dns(DnsError::NoRecordsFound(missing))) => missing,
        Err(error) => return Err(error),
    };
    if !matches!(missing.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
        return Err(NetError::Dns(DnsError::ResponseCode(missing.response_code)));
    }
    let mut message = Message::query();
    message.add_query(*missing.query);
    message.metadata.response_code = missing.response_code;
    message.insert_authorities(missing.authorities.iter().flat_map(|records| records.iter()).cloned().collect());
    Ok(message.into_response())
}
