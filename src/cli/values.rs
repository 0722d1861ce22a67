//! What the values of options may be, where their type alone does not say it.

use std::time::Duration;

use crate::target::{HeloName, HeloNameError, Host, Target, TargetSpec};

/// The longest time limit: a day. Longer ones are slips of the pen, and overflow some clocks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, for example 5s, 250ms or 1m30s".to_string())?;
    let duration = Duration::try_from(span).map_err(|_| "a time limit cannot be negative".to_string())?;
    if duration.is_zero() {
        return Err("a time limit must be longer than nothing".into());
    }
    if duration > LONGEST {
        return Err("a time limit can be a day at most: 24h".into());
    }
    Ok(duration)
}

pub(super) fn hello_name(text: &str) -> Result<HeloName, String> {
    text.parse().map_err(|error: HeloNameError| error.to_string())
}

pub(super) fn server_name(text: &str) -> Result<Host, String> {
    match Target::parse(text).map_err(|error| error.to_string())?.spec {
        TargetSpec::Host(host) => Ok(host),
        _ => Err("write a host name alone, as in mail.example.org".into()),
    }
}
