//! `link`: a network that takes its time.

use std::io::Write;
use std::time::Duration;

use mailprobe_lab::link::Link;

use super::options::{Options, USAGE};
use super::output::{print, stay};

/// As far as from one continent to the next.
const DELAY: Duration = Duration::from_millis(50);

pub(super) fn link(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--far", "--delay", "--for"], &[])?;
    let far = options.value("--far")?.ok_or_else(|| format!("--far is needed\n{USAGE}"))?;
    let delay = options.milliseconds("--delay")?.unwrap_or(DELAY);
    let _link = Link::start(delay, far).map_err(|error| error.to_string())?;
    print(output, &format!("linked {} ms", delay.as_millis()))?;
    stay(output, options.lifetime()?)
}
