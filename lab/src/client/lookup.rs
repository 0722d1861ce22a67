//! One name, two questions: its addresses of both families.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long to wait for an answer. Here no packet is lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer without EDNS (RFC 1035, section 4.2.1).
const MAX_ANSWER: usize = 512;

/// Asks this server for both families at once.
pub(super) async fn addresses(name: &str, server: SocketAddr) -> io::Result<Vec<IpAddr>> {
    let mut name = Name::from_ascii(name).map_err(io::Error::other)?;
    name.set_fqdn(true);
    let ours =
        if server.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((ours, 0)).await?;
    socket.connect(server).await?;
    for (id, record_type) in [(1, RecordType::A), (2, RecordType::AAAA)] {
        let mut query = Message::query();
        query.metadata.id = id;
        query.metadata.recursion_desired = true;
        query.add_query(Query::query(name.clone(), record_type));
        socket.send(&query.to_vec().map_err(io::Error::other)?).await?;
    }
    let mut addresses = Vec::new();
    let mut buffer = [0; MAX_ANSWER];
    for _ in 0..2 {
        let count = timeout(PATIENCE, socket.recv(&mut buffer)).await??;
        let answer = Message::from_vec(&buffer[..count]).map_err(io::Error::other)?;
        addresses.extend(answer.answers.iter().filter_map(|record| match &record.data {
            RData::A(address) => Some(IpAddr::from(address.0)),
            RData::AAAA(address) => Some(IpAddr::from(address.0)),
            _ => None,
        }));
    }
    Ok(addresses)
}
