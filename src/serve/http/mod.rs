//! Requests in, answers out.

mod config_page;
mod connection;
mod connections;
mod debug;
mod guard;
mod limited_stream;
mod listener;
mod pages;
mod plain;
mod probe;
mod query;
mod routes;
mod served;
mod sockets;
mod state;

pub(super) use listener::serve;
pub use sockets::ServeError;
pub(super) use sockets::Sockets;
pub use state::state_schema;
