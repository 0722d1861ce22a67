//! A name server for a crowd of names: `t0.lab.example`, `t1.lab.example` and so on, each with an address of its own.
//!
//! It computes its answers and remembers nothing, so that it can be asked hundreds of thousands of questions.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};

use super::{MAX_MESSAGE, Reaction, Transport, Zone, zone};

/// The domain of the crowd.
const DOMAIN: &str = ".lab.example";
/// The first one's address. Above it there is room for 16 million.
const FIRST: u32 = u32::from_be_bytes([127, 1, 0, 0]);
/// The last address of loopback is its broadcast.
const END: u32 = u32::from_be_bytes([127, 255, 255, 255]);

/// The address of the crowd's name with this number.
pub fn address(number: u32) -> Option<Ipv4Addr> {
    FIRST.checked_add(number).filter(|&address| address < END).map(Ipv4Addr::from)
}

/// Answers on `address` (UDP) until the process ends, with so many threads, and says where: port 0 takes a free one. What
/// is not of the crowd, `others` knows.
pub fn serve(address: SocketAddr, others: &Zone, threads: usize) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind(address)?;
    let address = socket.local_addr()?;
    for _ in 0..threads.max(1) {
        let (socket, others) = (socket.try_clone()?, others.clone());
        thread::Builder::new().name("lab-crowd".to_owned()).spawn(move || answer(&socket, &others))?;
    }
    Ok(address)
}

fn answer(socket: &UdpSocket, others: &Zone) {
    let mut buffer = vec![0; MAX_MESSAGE];
    loop {
        // The only errors are those of clients that are gone.
        let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
        if let Some(bytes) = react(&buffer[..length], others) {
            let _ = socket.send_to(&bytes, client);
        }
    }
}

fn react(query: &[u8], others: &Zone) -> Option<Vec<u8>> {
    let message = Message::from_vec(query).ok()?;
    let question = message.queries.first()?;
    let Some(address) = member(&question.name().to_ascii()) else {
        return match others.react(query, Transport::Udp, |_| 0) {
            Reaction::Answer(_, bytes) => Some(bytes),
            Reaction::Silence => None,
        };
    };
    let mut reply = zone::reply(&message, ResponseCode::NoError);
    if question.query_type() == RecordType::A {
        reply.add_answer(Record::from_rdata(question.name().clone(), zone::TTL, RData::A(A(address))));
    }
    reply.to_vec().ok()
}

/// The address of this name, if it is one of the crowd.
fn member(name: &str) -> Option<Ipv4Addr> {
    let name = name.to_ascii_lowercase();
    let number = name.trim_end_matches('.').strip_suffix(DOMAIN)?.strip_prefix('t')?;
    address(number.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_an_address_of_its_own() {
        assert_eq!(member("t0.lab.example."), Some(Ipv4Addr::new(127, 1, 0, 0)));
        assert_eq!(member("T99999.lab.example"), Some(Ipv4Addr::new(127, 2, 134, 159)));
        assert_eq!(member("t4294967295.lab.example"), None);
        assert_eq!(member("mail.lab.example"), None);
    }
}
