//! `--config FILE`: checks, and what `mailprobe serve` serves, from a file.
//!
//! Every mistake is told with its line and column, and nothing is probed then.

mod description;
mod file;
mod mistake;
mod reading;
#[cfg(feature = "serve")]
mod secret;
#[cfg(feature = "serve")]
mod service;
mod shape;
mod source;

use std::path::Path;

use toml::Spanned;

pub(super) use description::description;
pub use file::config_schema;
#[cfg(feature = "serve")]
pub(super) use service::{ServiceBase, ServiceFile, read_service};

use super::checks::Check;
use crate::policy::Policy;
use crate::probe::Options;
use crate::target::Target;
use file::{CheckTable, ConfigFile};
use mistake::Mistake;
use reading::{apply, key_of, parse, read_text};
use source::{folder_of, text_of};

/// Reads the checks of a file. What the file leaves open is as in `base`.
pub(super) fn read(path: &Path, base: &Check) -> Result<Vec<Check>, String> {
    let text = text_of(path)?;
    checks(&text, base, folder_of(path)).map_err(|mistake| mistake.tell(path, &text))
}

/// The mistake in a configuration file's text, if there is one: for the fuzz targets, which have no files.
#[doc(hidden)]
pub fn mistake_in_config(text: &str) -> Option<String> {
    let base = Check { targets: Vec::new(), options: Options::default(), policy: Policy::default() };
    let mistake = checks(text, &base, Path::new("")).err();
    #[cfg(feature = "serve")]
    let mistake = service::mistake(text, &base).or(mistake);
    mistake.map(|mistake| mistake.tell(Path::new("mailprobe.toml"), text))
}

fn checks(text: &str, base: &Check, folder: &Path) -> Result<Vec<Check>, Mistake> {
    let ConfigFile { defaults, check, modules, targets, .. } = parse(text)?;
    if check.is_empty() {
        let hint = if modules.is_empty() && targets.is_empty() {
            "it contains no check: begin one with [[check]] and target = \"mail.example.org\""
        } else {
            "it contains no check, as [[check]] begins one: its modules and targets are for `mailprobe serve --config`"
        };
        return Err(Mistake::at(text.len()..text.len(), hint));
    }
    let mut base = base.clone();
    apply(&mut base, &defaults, folder)?;
    check.iter().map(|table| read_check(table, base.clone(), folder, text)).collect()
}

fn read_check(table: &Spanned<CheckTable>, mut check: Check, folder: &Path, text: &str) -> Result<Check, Mistake> {
    let settings = table.get_ref();
    let hint = "this check has no target; add one, as in target = \"mail.example.org\"";
    let target = settings.target.as_ref().ok_or_else(|| Mistake::at(table.span(), hint))?;
    apply(&mut check, settings, folder)?;
    check.targets = read_text(target, Target::parse_line)?;
    let wanted = settings.expect_policies.as_ref().and_then(|wanted| wanted.first());
    let place = wanted.map_or_else(|| table.span(), |first| key_of(&first.0, "expect-policies", text));
    check.policies_can_be_met().map_err(|message| Mistake::at(place, message))?;
    let place = settings.expect.as_ref().map_or_else(|| table.span(), |expect| key_of(&expect.0, "expect", text));
    check.with_expected_ports(false).map_err(|message| Mistake::at(place, message))
}

#[cfg(test)]
mod tests;
