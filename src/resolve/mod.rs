//! Names become addresses, domains mail hosts, addresses names; and the machine's own name.
//!
//! The DNS is asked directly, because only so is it known what failed, for which address family, and which name
//! server said so. The operating system's own resolver, which answers less and knows more (`.local`, split DNS), is
//! asked where the DNS knows nothing.

mod answers;
mod dns;
mod dns_server;
mod dnssec;
mod failure;
mod hosts;
mod own_name;
mod proven;
mod records;
#[cfg(target_os = "linux")]
mod resolv_conf;
mod resolver;
mod search;
mod system;
// They need the lab, which is not published: see `include` in Cargo.toml.
#[cfg(all(test, feature = "internals"))]
mod tests;
mod trust_anchor;
mod udp;
mod zone;

pub use answers::{Families, MAX_ADDRESSES};
pub use dns_server::{DnsServerError, parse_dns_server};
pub use dnssec::{DnssecAbility, ProvenAnswer};
pub use own_name::own_name;
pub use records::{MAX_RECORDS, MAX_TEXT, MailExchanger, ReverseName, ServiceRecord};
pub use resolver::{Resolver, ResolverSettings};
pub use trust_anchor::{TrustAnchor, TrustAnchorError};
