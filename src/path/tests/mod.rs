//! The sweep and its conclusions, without a network.

mod located;
mod swept;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::evidence::HopEvidence;
use crate::observation::Icmp;
use crate::transport::hop::Said;

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 25));

fn router(ttl: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, ttl, 1).into()
}

fn prohibited(from: IpAddr) -> Icmp {
    Icmp { v6: false, icmp_type: 3, code: 13, from: Some(from) }
}

fn answer(said: Said) -> HopEvidence {
    let heard = !matches!(said, Said::Silence | Said::NotTried);
    HopEvidence { said, rtt: heard.then_some(Duration::from_millis(1)) }
}
