//! What a domain announces in TXT records and has on its web servers, against a name server and a web server of the lab
//! on its real port, in a network of the test's own.

#![cfg(all(feature = "cli", target_os = "linux"))]

#[path = "../command/mod.rs"]
mod command;
#[path = "../netns/mod.rs"]
mod netns;

mod agent_config;
mod command_line;
mod patience;
mod policies;
mod records;
mod site;
mod words;
