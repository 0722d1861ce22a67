//! Requests in, answers out.

mod listener;
mod pages;
mod probe;
mod routes;

pub use listener::ServeError;
pub(super) use listener::serve;
