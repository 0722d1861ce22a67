//! The ways to the port in question, traced while it is waited for and when all is probed.

use std::net::IpAddr;

use futures_util::future::OptionFuture;

use super::board::EndpointKey;
use super::hosts::{self, ProbedHost};
use super::inquiry::Inquiry;
use super::options::InvestigationEvent;
use super::sentence;
use crate::observation::path::{How, Place, Traced};
use crate::path;
use crate::probe::SharedBounds;
use crate::service::Service;

/// The port in question.
pub(super) const MAIL: u16 = Service::Smtp.port();

impl Inquiry {
    /// Traces the way to a port 25 that is silent for longer than other connections take here, while it still is waited for:
    /// one of each family.
    pub(super) async fn look_early(&self) -> Vec<(IpAddr, Traced)> {
        let of_family = async |v4: bool| {
            let address = self.within(self.board.overdue(v4)).await??;
            // Apart from the numbers of all endpoints, so that none is taken for another.
            let traced = self.way_to((usize::MAX, usize::from(v4)), address).await?;
            self.draw_on(v4, address, &traced);
            Some((address, traced))
        };
        let (v4, v6) = tokio::join!(of_family(true), of_family(false));
        [v4, v6].into_iter().flatten().collect()
    }

    /// Where it is shown at which place the requests to port 25 vanish, while those to another port get farther, nothing is
    /// gained by waiting for every host until the end.
    fn draw_on(&self, v4: bool, address: IpAddr, traced: &Traced) {
        let Ok(path) = traced else { return };
        let family = if v4 { "IPv4" } else { "IPv6" };
        if let Some(words) = sentence::so_far(family, path, &address.to_string()) {
            self.tell(InvestigationEvent::SoFar(words));
        }
        // At a host it says nothing about the others.
        let is_on_the_way = matches!(path.place, Place::ThisMachine | Place::ThisMachineOrFirstHop | Place::Path);
        let is_shown = path.how == Some(How::Drop) && is_on_the_way;
        // Whoever names a limit shall have it.
        let is_usual = self.options.probing.connect_timeout.is_none();
        if let Some(giving_up) = self.giving_up.get().filter(|_| is_shown && is_usual) {
            giving_up.after(MAIL, v4, self.board.enough(v4));
        }
    }

    /// Traces one failing and one succeeding port 25 of each family.
    pub(super) async fn trace(&self, hosts: &mut [ProbedHost]) {
        let of_family = async |v4: bool| {
            let mut traced = Vec::new();
            // One after the other: routers limit how often they answer.
            for (host, index, address) in hosts::worth_tracing(hosts, v4) {
                // Behind the numbers of all endpoints, so that none is taken for another.
                let Some(path) = self.way_to((usize::MAX - 1 - host, index), address).await else { break };
                traced.push((host, index, path));
            }
            traced
        };
        let (v4, v6) = tokio::join!(of_family(true), of_family(false));
        for (host, index, path) in v4.into_iter().chain(v6) {
            let host = hosts.get_mut(host);
            if let Some(observation) = host.and_then(|host| host.evidence.observations.get_mut(index)) {
                observation.path = Some(path);
            }
        }
    }

    /// Traces the way to a port 25. `None` where the run is over before.
    async fn way_to(&self, key: EndpointKey, address: IpAddr) -> Option<Traced> {
        self.tell(InvestigationEvent::Tracing(key, MAIL));
        let control = path::control_port(MAIL, &self.board.open_ports(address));
        let tracing = async {
            let _turn = OptionFuture::from(self.options.probing.bounds.as_ref().map(SharedBounds::turn_to_trace)).await;
            path::trace(address, MAIL, control).await
        };
        let traced = self.within(tracing).await;
        self.tell(InvestigationEvent::Traced(key));
        traced
    }
}
