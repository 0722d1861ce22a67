//! What the user typed, and what it means: [`Target`] → [`Endpoint`].

mod address_class;
mod endpoint;
mod error;
mod helo;
mod host;
mod line;
#[cfg(feature = "cli")]
mod mail_address;
mod parse;
mod ports;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use address_class::AddressClass;
pub use endpoint::{Endpoint, ServicePort, Source};
pub use error::{MAX_TARGET_LENGTH, Quoted, TargetError};
pub use helo::{HeloName, HeloNameError};
pub use host::Host;
pub use line::is_ports;
#[cfg(feature = "cli")]
pub use mail_address::{MailAddress, MailAddressError};
pub use ports::parse_ports;
pub use spec::{MailDomain, NamedEndpoint, Target, TargetKind, TargetSpec};
