//! How far answers are proven, against a name server whose one zone, the root, is signed here.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_resolver::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, NSEC, RRSIG, SigInput};
use hickory_resolver::proto::dnssec::{Algorithm, DnssecSigner, SigningKey, TBS};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{SOA, TLSA};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};

use super::{Behaviour, DnsServer, GENEROUS, Kind, SHORT, Zone, exclusive, server};
use crate::observation::promises::{DnssecPassage as Passage, DnssecStatus as Status};
use crate::resolve::{Resolver, ResolverSettings};
use crate::words::hex;

/// The name of the TLSA records.
const SIGNED: &str = "_25._tcp.mx.example.";

/// A signer for the root zone, and the zone's key.
struct Root {
    signer: DnssecSigner,
    key: DNSKEY,
    /// Seconds between now and the end of the signatures.
    ends_in: i64,
}

impl Root {
    fn new(ends_in: i64) -> Self {
        let pkcs8 = Ed25519SigningKey::generate_pkcs8().unwrap();
        let signing = Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap();
        let key = DNSKEY::from_key(&signing.to_public_key().unwrap());
        let signer = DnssecSigner::new(key.clone(), Box::new(signing), Name::root(), GENEROUS);
        Self { signer, key, ends_in }
    }

    /// The records, which are of one name and type, and their signature.
    fn signed(&self, records: Vec<Record>, ends_in: i64) -> Vec<Record> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let second = |time: i64| SerialNumber::new(u32::try_from(time).unwrap());
        let first = &records[0];
        let input = SigInput {
            type_covered: first.record_type(),
            algorithm: Algorithm::ED25519,
            num_labels: first.name.num_labels(),
            original_ttl: 300,
            sig_expiration: second(now + ends_in),
            sig_inception: second(now + ends_in.min(0) - 86_400),
            key_tag: self.signer.calculate_key_tag().unwrap(),
            signer_name: Name::root(),
        };
        let signed = TBS::from_input(&first.name, DNSClass::IN, &input, records.iter()).unwrap();
        let signature = RRSIG::from_sig(input, self.signer.sign(&signed).unwrap());
        let signature = Record::from_rdata(first.name.clone(), 300, RData::DNSSEC(DNSSECRData::RRSIG(signature)));
        records.into_iter().chain([signature]).collect()
    }

    fn answer(&self, query: &Message) -> Message {
        let question = &query.queries[0];
        let name = question.name();
        let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
        answer.add_query(question.clone());
        let of = |data| vec![Record::from_rdata(name.clone(), 300, data)];
        match question.query_type() {
            RecordType::DNSKEY if name.is_root() => {
                // The zone's keys hold, whatever else does not.
                answer.insert_answers(self.signed(of(RData::DNSSEC(DNSSECRData::DNSKEY(self.key.clone()))), 86_400));
            }
            RecordType::TLSA if *name == Name::from_ascii(SIGNED).unwrap() => {
                let record = RData::TLSA(TLSA::new(3.into(), 1.into(), 1.into(), vec![0xab; 32]));
                answer.insert_answers(self.signed(of(record), self.ends_in));
            }
            _ => {
                let last = Name::from_ascii(SIGNED).unwrap();
                answer.metadata.response_code =
                    if *name == last || name.zone_of(&last) { ResponseCode::NoError } else { ResponseCode::NXDomain };
                let soa = SOA::new(Name::root(), Name::root(), 1, 1, 1, 1, 1);
                let apex = NSEC::new(last.clone(), [RecordType::SOA, RecordType::NS, RecordType::DNSKEY]);
                let own = NSEC::new(Name::root(), [RecordType::TLSA]);
                let record = |owner: &Name, data| vec![Record::from_rdata(owner.clone(), 300, data)];
                let nsec = |data| RData::DNSSEC(DNSSECRData::NSEC(data));
                let mut authorities = self.signed(record(&Name::root(), RData::SOA(soa)), 86_400);
                authorities.extend(self.signed(record(&Name::root(), nsec(apex)), self.ends_in));
                authorities.extend(self.signed(record(&last, nsec(own)), self.ends_in));
                answer.insert_authorities(authorities);
            }
        }
        answer
    }
}

/// A name server for the root zone, and what it was asked.
fn serve(root: Arc<Root>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let question = &query.queries[0];
            told.lock().unwrap().push(format!("{} {}", question.name(), question.query_type()));
            let _ = socket.send_to(&root.answer(&query).to_vec().unwrap(), from);
        }
    });
    (address, asked)
}

/// A resolver that trusts this root, or one of its own with another key.
fn trusting(address: SocketAddr, root: &Root) -> Resolver {
    let digest = root.key.to_digest(&Name::root(), hickory_resolver::proto::dnssec::DigestType::SHA256).unwrap();
    let digest = hex(digest.as_ref());
    let anchor = format!(". IN DS {} 15 2 {digest}", root.signer.calculate_key_tag().unwrap());
    Resolver::new(ResolverSettings {
        dns_server: Some(address),
        lookup_timeout: GENEROUS,
        trust_anchor: anchor.parse().unwrap(),
    })
}

#[tokio::test]
async fn records_and_their_absence_are_proven_with_every_question_asked_once() {
    let root = Arc::new(Root::new(86_400));
    let (address, asked) = serve(Arc::clone(&root));
    let resolver = trusting(address, &root);
    let (ability, first, again, none, nobody) = tokio::join!(
        resolver.dnssec(),
        resolver.proven_tlsa("_25._tcp.mx.example"),
        resolver.proven_tlsa("_25._tcp.MX.example"),
        resolver.proven_addresses("_25._tcp.mx.example", false),
        resolver.proven_mx("nobody.example"),
    );
    assert_eq!((ability.passage, ability.detail), (Passage::Passed, format!("the name server {address}")));
    let first = first.unwrap();
    assert_eq!((first.proven.status, first.records.len(), first.exists), (Status::Secure, 1, true), "{first:?}");
    assert_eq!(again.unwrap(), first);
    for (answer, exists) in
        [(none.map(|none| (none.proven, none.exists)), true), (nobody.map(|none| (none.proven, none.exists)), false)]
    {
        let (proven, found) = answer.unwrap();
        assert_eq!((proven.status, found), (Status::Secure, exists), "{proven:?}");
    }
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    let total = asked.len();
    asked.dedup();
    assert_eq!(total, asked.len(), "a question was asked twice: {asked:?}");
    assert!(total <= 8, "{asked:?}");
}

#[tokio::test]
async fn what_does_not_hold_is_bogus_and_why() {
    let root = Arc::new(Root::new(-86_400));
    let (address, _) = serve(Arc::clone(&root));
    let resolver = trusting(address, &root);
    let records = resolver.proven_tlsa("_25._tcp.mx.example").await.unwrap();
    assert_eq!((records.proven.status, records.records.len()), (Status::Bogus, 1));
    let reason = records.proven.reason.unwrap();
    assert!(reason.starts_with("the signature of the TLSA records of _25._tcp.mx.example expired on 20"), "{reason}");
    let none = resolver.proven_addresses("_25._tcp.mx.example", false).await.unwrap();
    assert_eq!((none.proven.status, none.records.len()), (Status::Bogus, 0));
    let reason = none.proven.reason.unwrap();
    assert!(reason.starts_with("the signature of the proof that there are no A records of "), "{reason}");
}

/// Another root than the one that is trusted is a matter of this machine and its network: no domain is bogus for it.
#[tokio::test]
async fn under_another_root_nothing_can_be_told() {
    let root = Arc::new(Root::new(86_400));
    let (address, _) = serve(root);
    let resolver = trusting(address, &Root::new(86_400));
    let ability = resolver.dnssec().await;
    assert_eq!(ability.passage, Passage::Unknown);
    assert!(ability.detail.contains("keys of the root that the trust anchor does not vouch for"), "{}", ability.detail);
    let answer = resolver.proven_tlsa("_25._tcp.mx.example").await.unwrap();
    assert_eq!((answer.proven.status, answer.records.len()), (Status::CannotTell, 0));
}

/// Name servers that hand out no signatures, in all the ways that they answer.
#[tokio::test]
async fn a_name_server_without_signatures_cannot_tell() {
    let of = |behaviour| Zone::new().mx("shop.test", 1, "mx.shop.test").behave("", behaviour);
    for (zone, passage, told) in [
        (of(Behaviour::NoData), Passage::Stripped, "answered the question for the keys of the root without keys"),
        (Zone::new(), Passage::Stripped, "without keys"),
        (of(Behaviour::ServFail), Passage::Unknown, "answered SERVFAIL"),
        (of(Behaviour::Refused), Passage::Unknown, "answered REFUSED"),
        (of(Behaviour::Silence), Passage::Unknown, "no answer from the name server"),
    ] {
        let server: DnsServer = server(zone);
        let resolver = exclusive(&server, SHORT);
        let ability = resolver.dnssec().await;
        assert_eq!(ability.passage, passage, "{}", ability.detail);
        assert!(ability.detail.contains(told) && ability.detail.contains("127.0.0.1"), "{}", ability.detail);
        let mx = resolver.proven_mx("shop.test").await;
        assert!(
            mx.as_ref().is_ok_and(|mx| mx.proven.status == Status::CannotTell)
                || mx.as_ref().is_err_and(|failure| failure.kind == Kind::TimedOut),
            "{mx:?}"
        );
    }
}
