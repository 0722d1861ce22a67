//! Which endpoints of a target are connected to, where it has more than may be.

use std::cmp::Reverse;

use super::planned::Planned;
use crate::observation::LeftOut;
use crate::target::{Endpoint, Source};
use crate::words::distinct;

/// Keeps at most `most` endpoints that are to be connected to, in their order, and says what was left out.
///
/// The first address of each family of each host comes before the second ones, and hosts come in their order, which for a
/// mail domain begins with the mail exchangers by preference; what is only guessed comes last. An address is kept with
/// all its ports or not at all, unless the very first has too many. Of a host's addresses the lowest come first, so that
/// every run keeps the same ones.
pub(super) fn select(planned: Vec<Planned>, most: usize) -> (Vec<Planned>, Vec<LeftOut>) {
    let to_connect = planned.iter().filter(|planned| is_to_connect(planned)).count();
    if to_connect <= most {
        return (planned, Vec::new());
    }
    let groups = by_priority(&planned);
    let mut is_kept: Vec<bool> = planned.iter().map(|planned| !is_to_connect(planned)).collect();
    let mut room = most;
    for group in &groups {
        let count = if room == most { group.places.len().min(most) } else { group.places.len() };
        if count > room {
            continue;
        }
        room -= count;
        for &place in group.places.iter().take(count) {
            if let Some(kept) = is_kept.get_mut(place) {
                *kept = true;
            }
        }
    }
    let left_out = left_out(&planned, &groups, &is_kept);
    let kept = planned.into_iter().zip(is_kept).filter_map(|(planned, is_kept)| is_kept.then_some(planned));
    (kept.collect(), left_out)
}

fn is_to_connect(planned: &Planned) -> bool {
    matches!(planned, Planned::Probe(..))
}

/// One address of a host.
struct AddressGroup {
    /// Whether nothing but a guess leads there.
    is_guessed: bool,
    /// How many addresses of the same host and family come before it.
    rank: usize,
    /// The place of the host among the hosts.
    host: usize,
    is_v6: bool,
    /// The places of its endpoints in the plan, those that somebody named first.
    places: Vec<usize>,
}

fn by_priority(planned: &[Planned]) -> Vec<AddressGroup> {
    let endpoints: Vec<(usize, &Endpoint)> = (0..)
        .zip(planned)
        .filter(|(_, planned)| is_to_connect(planned))
        .map(|(place, one)| (place, one.endpoint()))
        .collect();
    let mut groups = Vec::new();
    let of_hosts = endpoints.chunk_by(|(_, one), (_, next)| one.host == next.host);
    for (host, of_host) in of_hosts.enumerate() {
        let mut of_host = of_host.to_vec();
        of_host.sort_by_key(|(_, endpoint)| endpoint.address);
        let mut seen = [0; 2];
        for of_address in of_host.chunk_by(|(_, one), (_, next)| one.address == next.address) {
            let is_v6 =
                of_address.iter().any(|(_, endpoint)| endpoint.address.is_some_and(|address| address.is_ipv6()));
            let of_family = &mut seen[usize::from(is_v6)];
            let mut named_first = of_address.to_vec();
            named_first.sort_by_key(|(_, endpoint)| Reverse(is_named(endpoint)));
            groups.push(AddressGroup {
                is_guessed: !of_address.iter().any(|(_, endpoint)| is_named(endpoint)),
                rank: *of_family,
                host,
                is_v6,
                places: named_first.into_iter().map(|(place, _)| place).collect(),
            });
            *of_family += 1;
        }
    }
    groups.sort_by_key(|group| (group.is_guessed, group.rank, group.host, group.is_v6));
    groups
}

fn is_named(endpoint: &Endpoint) -> bool {
    endpoint.sources != [Source::Guess]
}

/// By host, in the order of the plan.
fn left_out(planned: &[Planned], groups: &[AddressGroup], is_kept: &[bool]) -> Vec<LeftOut> {
    let is_left_out = |place: &&usize| is_kept.get(**place) == Some(&false);
    let mut hosts: Vec<usize> = distinct(groups.iter().map(|group| group.host));
    hosts.sort_unstable();
    let of_host = |host: usize| {
        let of_host = groups.iter().filter(move |group| group.host == host);
        let endpoints = of_host.clone().flat_map(|group| &group.places).filter(is_left_out).count();
        let addresses =
            of_host.clone().filter(|group| group.places.iter().filter(is_left_out).count() == group.places.len());
        let first = of_host.clone().find_map(|group| planned.get(*group.places.first()?))?;
        let host = first.endpoint().host.clone();
        (endpoints > 0).then(|| LeftOut { host, addresses: addresses.count(), endpoints })
    };
    hosts.into_iter().filter_map(of_host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Security, Service};

    /// Endpoints of `host`, in the order of a plan: every port of each address.
    fn host(name: &str, addresses: &[&str], ports: &[u16], source: Source) -> Vec<Planned> {
        let at = |address: &&str, port: u16| {
            let address = address.parse().unwrap();
            let endpoint = Endpoint {
                host: name.parse().unwrap(),
                address: Some(address),
                port,
                service: Service::Smtp,
                security: Security::StartTls,
                sources: vec![source],
            };
            Planned::Probe(endpoint, address)
        };
        addresses.iter().flat_map(|address| ports.iter().map(move |&port| at(address, port))).collect()
    }

    fn kept(planned: Vec<Planned>, most: usize) -> (Vec<String>, Vec<(String, usize, usize)>) {
        let (kept, left_out) = select(planned, most);
        let place = |planned: &Planned| {
            let Endpoint { address, port, .. } = planned.endpoint();
            format!("{}:{port}", address.unwrap())
        };
        let left_out = left_out.into_iter().map(|left| (left.host.to_string(), left.addresses, left.endpoints));
        (kept.iter().map(place).collect(), left_out.collect())
    }

    #[test]
    fn one_address_of_each_family_of_each_host_comes_before_the_second_ones() {
        let plan = || {
            let first = host("mx1.test", &["192.0.2.9", "192.0.2.1", "2001:db8::1", "2001:db8::2"], &[25], Source::Mx);
            let second = host("mx2.test", &["198.51.100.1", "198.51.100.2"], &[25], Source::Mx);
            let guess = host("mail.test", &["203.0.113.1"], &[465], Source::Guess);
            [guess, first, second].concat()
        };
        let (places, left_out) = kept(plan(), 3);
        assert_eq!(places, ["192.0.2.1:25", "2001:db8::1:25", "198.51.100.1:25"]);
        assert_eq!(
            left_out,
            [("mail.test".to_owned(), 1, 1), ("mx1.test".to_owned(), 2, 2), ("mx2.test".to_owned(), 1, 1)]
        );
        assert_eq!(kept(plan(), 6).0.len(), 6);
        assert!(!kept(plan(), 6).0.contains(&"203.0.113.1:465".to_owned()));
        assert_eq!(kept(plan(), 7).1, []);
    }

    #[test]
    fn an_address_is_kept_whole() {
        let ports = [25, 465, 587, 110, 995, 143, 993];
        let addresses: Vec<String> = (1..=32).map(|last| format!("192.0.2.{last}")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let (places, left_out) = kept(host("mail.test", &addresses, &ports, Source::Default), 64);
        assert_eq!((places.len(), left_out), (63, vec![("mail.test".to_owned(), 23, 161)]));
        // Unless the very first has more ports than may be.
        let (places, left_out) = kept(host("mail.test", &addresses, &ports, Source::Default), 2);
        assert_eq!(places, ["192.0.2.1:25", "192.0.2.1:465"]);
        assert_eq!(left_out, [("mail.test".to_owned(), 31, 222)]);
    }
}
