//! `link`: a network that takes its time.

use std::io::Write;
use std::time::Duration;

use mailprobe_lab::link::{Link, LinkManner};

use super::options::{Options, USAGE};
use super::output::{print, stay};

/// As far as from one continent to the next.
const DELAY: Duration = Duration::from_millis(50);

pub(super) fn link(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let options = Options::read(arguments, &["--far", "--delay", "--loss", "--reorder", "--seed", "--for"], &[])?;
    let far = options.value("--far")?.ok_or_else(|| format!("--far is needed\n{USAGE}"))?;
    let manner = LinkManner {
        delay: options.milliseconds("--delay")?.unwrap_or(DELAY),
        loss: share(&options, "--loss")?,
        reorder: share(&options, "--reorder")?,
        seed: options.value("--seed")?.unwrap_or_default(),
    };
    let _link = Link::start(manner, far).map_err(|error| error.to_string())?;
    print(output, &format!("linked {} ms", manner.delay.as_millis()))?;
    stay(output, options.lifetime()?)
}

/// An option in percent, as a share of one.
fn share(options: &Options<'_>, name: &str) -> Result<f64, String> {
    let percent = options.value(name)?.unwrap_or(0.0_f64);
    if (0.0..=100.0).contains(&percent) { Ok(percent / 100.0) } else { Err(format!("{name} needs a percentage")) }
}
