//! Requests in, answers out.

mod listener;
mod probe;
mod routes;

pub use listener::ServeError;
pub(super) use listener::serve;
