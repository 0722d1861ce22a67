//! What an ICMP error message means. A placeholder for `diagnosis::icmp_meaning`, which another branch brings.

use crate::observation::Icmp;

/// The words of RFC 792, RFC 1812 and RFC 4443 for a type and code.
pub(super) fn icmp_meaning(icmp: &Icmp) -> &'static str {
    match (icmp.v6, icmp.icmp_type, icmp.code) {
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => "administratively prohibited",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 1) | (true, 1, 3) => "host unreachable",
        (false, 3, 0) | (true, 1, 0) => "no route to the network",
        (false, 11, _) | (true, 3, _) => "time exceeded",
        _ => "destination unreachable",
    }
}
