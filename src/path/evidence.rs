//! What a sweep brings back, as `locate` reads it.

use std::net::IpAddr;
use std::time::Duration;

use crate::observation::path::{Hop, HopAnswer, HopReply};
use crate::transport::hop::Said;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) ttl: u8,
    /// For the port in request.
    pub(super) port: HopEvidence,
    /// For the port that it is compared with.
    pub(super) control: HopEvidence,
}

/// The answer to one connection request with a limited TTL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HopEvidence {
    pub(super) said: Said,
    pub(super) rtt: Option<Duration>,
}

impl HopEvidence {
    pub(super) const NOT_TRIED: Self = Self { said: Said::NotTried, rtt: None };

    pub(super) fn is_silence(self) -> bool {
        self.said == Said::Silence
    }

    pub(super) fn is_time_exceeded(self) -> bool {
        matches!(self.said, Said::TimeExceeded(_))
    }

    /// Whether the packet met its end, or its goal: sending one farther would bring the same.
    pub(super) fn is_final(self) -> bool {
        matches!(self.said, Said::Connected | Said::Refused | Said::Icmp { .. })
    }
}

impl Pair {
    /// As it is shown. Connections and resets bear the address that was asked, whoever made them.
    pub(super) fn hop(&self, address: IpAddr) -> Hop {
        Hop { ttl: self.ttl, port: shown(self.port, address), control: shown(self.control, address) }
    }
}

fn shown(answer: HopEvidence, address: IpAddr) -> HopAnswer {
    let (reply, from) = match answer.said {
        Said::TimeExceeded(from) => (HopReply::TimeExceeded, from),
        Said::Connected => (HopReply::Connected, Some(address)),
        Said::Refused => (HopReply::Refused, Some(address)),
        Said::Icmp { icmp, .. } => (HopReply::Icmp, icmp.from),
        Said::Silence => return HopAnswer::SILENCE,
        Said::NotTried => return HopAnswer::NOT_TRIED,
    };
    HopAnswer { reply, from, rtt: answer.rtt }
}
