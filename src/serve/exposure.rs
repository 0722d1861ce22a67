//! Whom the service may be open to. It connects to where others tell it, so it is open to others only where somebody has said
//! who they are, or what may be checked.

use std::net::SocketAddr;

use super::settings::ServeSettings;
use crate::target::Target;

/// Refuses settings with which everybody could have everything checked. The error is one line.
pub(super) fn check(listen: &[SocketAddr], settings: &ServeSettings) -> Result<(), String> {
    let Some(open) = listen.iter().find(|address| !address.ip().to_canonical().is_loopback()) else { return Ok(()) };
    if settings.web.authenticates() || settings.allow.is_some() || !settings.watched.is_empty() {
        return Ok(());
    }
    Err(format!(
        "on {open} everybody who reaches it could have any host checked: name whom to check with --allow '*.example.org' \
         (or allow = [...] in the configuration file), or ask for a login with basic_auth_users in a --web-config file"
    ))
}

/// Whether a request may have these targets checked; where there is none, the module has them from the configuration. Where nothing says what may be checked, the watched targets say it on
/// a service without authentication that is open to others.
pub(super) fn may_be_checked(listen: &[SocketAddr], settings: &ServeSettings, typed: &str, targets: &[Target]) -> bool {
    if targets.is_empty() || settings.watched.iter().any(|watched| watched.typed == typed) {
        return true;
    }
    match &settings.allow {
        Some(allow) => targets.iter().all(|target| allow.allows(target)),
        None => settings.web.authenticates() || listen.iter().all(|address| address.ip().to_canonical().is_loopback()),
    }
}
