//! Whether something close by takes every connection in a host's place, as VPN and proxy clients on this machine do.
//!
//! They accept whatever is sent into their tunnel, and only then see what becomes of it. A host behind a router cannot
//! answer a packet that travels one hop, and none has an open port that nobody uses.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;

use super::evidence::{HopEvidence, Pair};
use crate::observation::path::{How, Path, Place};
use crate::transport::hop::Said;
use crate::transport::interface::way_out;

/// A port on which no server on the internet listens (discard, RFC 863).
const UNUSED: u16 = 9;

/// An answer from this machine itself takes no longer. What comes later may be from the far end of a tunnel.
const HERE: Duration = Duration::from_millis(5);

/// The ways to these ports, in their order, where every connection to `address` is taken at the first hop. Empty where
/// that is not so, or the evidence does not tell. `ask` sends a request that travels one hop.
pub(super) async fn taken_nearby<F: Future<Output = HopEvidence>>(
    address: IpAddr,
    ports: &[u16],
    ask: impl Fn(SocketAddr) -> F,
) -> Vec<Path> {
    let Some(way_out) = way_out(address).filter(|way_out| !way_out.on_link) else { return Vec::new() };
    let all = ports.iter().chain([&UNUSED]).map(|&port| ask(SocketAddr::new(address, port)));
    let mut answers = join_all(all).await;
    let Some(unused) = answers.pop() else { return Vec::new() };
    if !answers.iter().chain([&unused]).all(|answer| answer.said == Said::Connected) {
        return Vec::new();
    }
    let fastest = answers.iter().chain([&unused]).filter_map(|answer| answer.rtt).min();
    let is_here = way_out.tunnel.is_some() && fastest.is_some_and(|rtt| rtt < HERE);
    let place = if is_here { Place::ThisMachine } else { Place::ThisMachineOrFirstHop };
    let taken = |(&port, answer)| Path {
        port,
        control_port: UNUSED,
        place,
        how: Some(How::Intercept),
        after: None,
        before: None,
        icmp: None,
        hops: vec![Pair { ttl: 1, port: answer, control: unused }.hop(address)],
        tunnel: way_out.tunnel.clone(),
    };
    ports.iter().zip(answers).map(taken).collect()
}
