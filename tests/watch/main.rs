//! `--watch`: the same check again and again, and what changes.
#![cfg(all(unix, feature = "cli"))]

#[path = "../command/mod.rs"]
mod command;
mod elsewhere;
mod on_screen;
mod refused;
mod screen;
mod started;

use std::net::{SocketAddr, TcpListener};

use mailprobe_lab::{Behaviour, Security, Server};

/// An address that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}

/// A server that needs no certificate to be good.
fn good() -> Behaviour {
    Behaviour::smtp(Security::Plaintext)
}

fn start(behaviour: Behaviour, address: SocketAddr) -> Server {
    Server::start_at(behaviour, address).expect("the port is free")
}
