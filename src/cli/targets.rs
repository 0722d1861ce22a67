//! `mailprobe TARGET...`: what to run, from what was asked for.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Builder;

use super::checks::{Check, Checks};
use super::console::{self, fail};
use super::credential::LoginRequest;
use super::document::DocumentRun;
use super::exit::{self, End};
use super::files::{self, OutputFile};
use super::list::{self, List, ListChoices, ListError, PaceChoices};
use super::output::Output;
use super::wait::{Rounds, WaitChoices};
use super::watch::{WatchChoices, WatchRun};
use super::{config, dry_run, threads};
use crate::probe::RunKind;

#[derive(Debug)]
pub(super) struct ProbeRequest {
    /// What to check; with a file, what the file leaves open.
    pub(super) check: Check,
    /// Who logs in.
    pub(super) login: Option<LoginRequest>,
    pub(super) config: Option<PathBuf>,
    /// The list that names the targets.
    pub(super) many: ListChoices,
    /// What bounds the run.
    pub(super) pace: PaceChoices,
    pub(super) waiting: WaitChoices,
    pub(super) watching: WatchChoices,
    pub(super) output: Output,
    pub(super) files: Vec<OutputFile>,
    pub(super) dry_run: bool,
}

/// `mailprobe TARGET...`. The error is an exit code, after a complaint.
pub(super) fn probe(request: ProbeRequest) -> Result<End, u8> {
    let ProbeRequest { mut check, login, config, many, pace, waiting, watching, output, files, dry_run } = request;
    if let Some(level) = output.log {
        console::log(level);
    }
    if !dry_run {
        pace.make_room(&check.options, many.is_given());
    }
    if let Some(login) = login.filter(|_| !dry_run) {
        check.options.login = Some(Arc::new(login.credential()?));
    }
    let deadline = check.options.deadline;
    let streams = output.format.streams() && files.is_empty() && !waiting.is_patient();
    let mut bad_lines = None;
    let checks = match (many.list(), config) {
        (Some(list), _) if dry_run => return describe_list(&list, &check),
        (Some(list), _) if streams => {
            return threads::run_in(Builder::new_current_thread(), list::run(list, check, output));
        }
        (Some(list), _) => {
            let (targets, bad) = list.keep().map_err(complain_of_list)?;
            bad_lines = Some(bad);
            vec![Check { targets, ..check.of_list() }]
        }
        (None, Some(path)) => config::read(&path, &check).map_err(|message| fail(message, exit::USAGE))?,
        (None, None) => vec![check],
    };
    if dry_run {
        return console::write(dry_run::describe(&checks, RunKind::Named).as_bytes()).map(|()| End::Code(0));
    }
    let checks = Checks::new(checks, &waiting).map_err(|error| fail(error, exit::USAGE))?;
    if let Some(interval) = watching.watch {
        let run = WatchRun { checks, interval, deadline, output };
        return threads::run_in(Builder::new_multi_thread(), run.drive());
    }
    let run = DocumentRun {
        checks,
        bad_lines,
        output,
        files: files::open(files).map_err(|message| fail(message, exit::LOCAL))?,
        rounds: Rounds::begin(&waiting, deadline),
        waiting,
    };
    threads::run_in(Builder::new_multi_thread(), run.drive())
}

/// `--targets FILE --dry-run`
fn describe_list(list: &List, check: &Check) -> Result<End, u8> {
    let mut between = "";
    let bad_lines = list.read(|target| {
        let check = Check { targets: vec![target], ..check.clone() };
        let between = std::mem::replace(&mut between, "\n");
        console::write(format!("{between}{}", dry_run::describe(&[check], RunKind::List)).as_bytes())
    });
    match bad_lines.map_err(complain_of_list)? {
        0 => Ok(End::Code(0)),
        _ => Err(exit::BAD_LINES),
    }
}

fn complain_of_list(error: ListError) -> u8 {
    match error {
        ListError::Unreadable(message) => fail(message, exit::USAGE),
        ListError::Stopped(code) => code,
    }
}
