//! Logging in: which mechanism is used, the client's side of it, and what keeps the secret out of all that is kept.

mod blotter;
mod choice;
mod cram_md5;
mod credential;
mod exchange;
mod offer;
mod scram;
#[cfg(test)]
mod tests;
mod views;

pub use blotter::Blotter;
pub use choice::choose;
pub use credential::{Credential, CredentialError, CredentialSecret};
pub use offer::{BindingKind, ChannelBinding, LoginOffer};
