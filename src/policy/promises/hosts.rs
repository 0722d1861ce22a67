//! Mail hosts, in words.

use crate::target::Host;
use crate::words::joined;

/// `mx.example.org`, `both mail hosts`, `all 3 mail hosts`
pub(super) fn every(hosts: &[&Host]) -> String {
    match hosts {
        [] => "no mail host".to_owned(),
        [host] => host.to_string(),
        [_, _] => "both mail hosts".to_owned(),
        more => format!("all {} mail hosts", more.len()),
    }
}

/// `mx.example.org was`, `mx1.example.org and mx2.example.org were`
pub(super) fn were(hosts: &[&Host]) -> String {
    format!("{} {}", joined(hosts), if hosts.len() == 1 { "was" } else { "were" })
}
