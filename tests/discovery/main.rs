//! From a mail address to its servers, through the binary: a name server, a web server and mail servers of the lab on
//! their real ports, in a network of the test's own. Nothing outside exists there.

#![cfg(all(feature = "cli", target_os = "linux"))]

#[path = "../command/mod.rs"]
mod command;
#[path = "../netns/mod.rs"]
mod netns;

mod autoconfiguration;
mod dns_results;
mod elsewhere;
mod promises;
mod providers;
mod servers;
mod site;
mod web_servers;
