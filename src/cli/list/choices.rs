//! The options of `--targets`, and what bounds a run of many targets.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::lines::ListSource;
use super::reader::List;
use super::shard::{Shard, shard};
use crate::cli::console::complain;
use crate::cli::values::count;
use crate::probe::{
    LIST_CONCURRENCY, LIST_PER_ADDRESS, LIST_PER_HOST, Options, Rate, affordable_connections, raise_limit,
};

/// More at once than any system has ports for.
const MOST_AT_ONCE: u32 = 60_000;

/// The list that names the targets.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Many targets")]
pub(in super::super) struct ListChoices {
    /// Check the targets in FILE (- for standard input), one per line; # begins a comment
    #[arg(long = "targets", value_name = "FILE", id = "list")]
    targets: Option<PathBuf>,

    /// Check only this share of the list, as in 0/4: the first of four
    #[arg(long, value_name = "K/N", value_parser = shard)]
    shard: Option<Shard>,

    /// Go on where an earlier run ended: leave out the targets that are done in FILE, and add the results to it; needs
    /// --format jsonl
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

/// What bounds a run: how much at once, and how fast.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Pace")]
pub(in super::super) struct PaceChoices {
    /// How many ports to check at the same time [default: 100, for a list 500, as far as file descriptors allow]
    #[arg(long, value_name = "N", value_parser = count(1..=MOST_AT_ONCE), env = "MAILPROBE_CONCURRENCY")]
    concurrency: Option<u32>,

    /// How many ports of one host name to check at the same time [default: all, for a list 14]
    #[arg(long, value_name = "N", value_parser = count(1..=u32::MAX))]
    per_host: Option<u32>,

    /// How many ports of one address to check at the same time [default: all, for a list 7]
    #[arg(long, value_name = "N", value_parser = count(1..=u32::MAX))]
    per_address: Option<u32>,

    /// Start at most this many checks per second, or minute: 50/s, 30/m
    #[arg(long, value_name = "RATE", value_parser = rate, env = "MAILPROBE_RATE")]
    rate: Option<Rate>,
}

impl ListChoices {
    pub(in super::super) fn is_given(&self) -> bool {
        self.targets.is_some()
    }

    /// What is asked for of a list that is not there.
    pub(in super::super) fn lacks_its_list(&self) -> Option<&'static str> {
        match (self.shard, &self.resume, &self.targets) {
            (_, _, Some(_)) | (None, None, None) => None,
            (Some(_), ..) => Some("--shard is a share of a list"),
            (_, Some(_), _) => Some("--resume goes on with a list"),
        }
    }

    pub(in super::super) fn list(&self) -> Option<List> {
        self.targets.as_ref().map(|name| List {
            source: ListSource::named(name),
            shard: self.shard,
            resume: self.resume.clone(),
        })
    }

    /// Whether earlier results are to be gone on with.
    pub(in super::super) fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    /// The bounds of a run of many targets; those that the user sets come on top.
    pub(in super::super) fn apply(&self, options: &mut Options) {
        if self.is_given() {
            options.concurrency = LIST_CONCURRENCY;
            options.per_host = Some(LIST_PER_HOST);
            options.per_address = Some(LIST_PER_ADDRESS);
        }
    }
}

impl PaceChoices {
    /// Sets the bounds of a run.
    pub(in super::super) fn apply(&self, options: &mut Options) {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        options.concurrency = self.concurrency.map_or(options.concurrency, count);
        options.per_host = self.per_host.map(count).or(options.per_host);
        options.per_address = self.per_address.map(count).or(options.per_address);
        options.rate = self.rate;
    }

    /// Gets the descriptors that a list or the user's number needs. Tells where there are fewer than the user's.
    pub(in super::super) fn make_room(&self, options: &Options, is_list: bool) {
        if !is_list && self.concurrency.is_none() {
            return;
        }
        raise_limit(options.concurrency);
        let affordable = affordable_connections(options.concurrency);
        if let Some(wanted) = self.concurrency
            && affordable < options.concurrency
        {
            complain(format!(
                "{affordable} ports are checked at the same time, not {wanted}: this system allows no more file \
                 descriptors (ulimit -n)"
            ));
        }
    }
}

/// Reads `N/s` and `N/m`.
fn rate(text: &str) -> Result<Rate, String> {
    let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
    let per = match unit {
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return Err("write a number per second or minute, as in 50/s or 30/m".to_owned()),
    };
    let count = count.parse().map_err(|_| "write a number and a unit of time, as in 50/s or 30/m")?;
    Ok(Rate { count, per })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_in_a_time() {
        for (text, count, seconds) in [("50/s", 50, 1), ("50", 50, 1), ("30/m", 30, 60)] {
            let read = rate(text).map(|rate| (rate.count.get(), rate.per.as_secs()));
            assert_eq!(read, Ok((count, seconds)), "{text}");
        }
        for wrong in ["", "0/s", "-1", "5/h", "many", "1.5/s", "5/s/s"] {
            assert!(rate(wrong).unwrap_err().contains("50/s"), "{wrong}");
        }
    }
}
