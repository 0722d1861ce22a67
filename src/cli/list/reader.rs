//! A list as a stream of targets.

use std::thread;

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::lines::BadLine;
use super::list::List;
use crate::cli::console::complain_and;
use crate::cli::exit;
use crate::target::Target;

/// How many targets are handed over at once, where as many are there: each handing over wakes a thread.
const AT_ONCE: usize = 64;

/// How many such handfuls are read ahead, and how many troubles.
const READ_AHEAD: usize = 2;

/// What the reader of a list tells beside the targets.
pub(super) enum Trouble {
    Bad(BadLine),
    /// There are targets, and they belong to other shares.
    LeftToOthers,
    Unreadable(String),
}

/// What comes of a list.
pub(super) struct Reading<S> {
    pub(super) targets: S,
    pub(super) troubles: mpsc::Receiver<Trouble>,
}

/// Reads a list in a thread of its own: standard input knows no other way.
pub(super) fn read(list: List) -> Result<Reading<impl stream::Stream<Item = Target> + Send + 'static>, u8> {
    let lines = list.source.open().map_err(|message| complain_and(&message, exit::USAGE))?;
    let (target_sender, mut handfuls) = mpsc::channel::<Vec<Target>>(READ_AHEAD);
    let (trouble_sender, troubles) = mpsc::channel(READ_AHEAD);
    thread::spawn(move || {
        let mut lines = lines;
        let mut left_to_others = false;
        let mut handful = Vec::new();
        while let Some(line) = lines.next() {
            // A send fails when the run is over.
            let sent = match line {
                Ok(Ok(target)) if list.is_ours(&target) => {
                    handful.push(target);
                    true
                }
                Ok(Ok(_)) if left_to_others => true,
                Ok(Ok(_)) => {
                    left_to_others = true;
                    trouble_sender.blocking_send(Trouble::LeftToOthers).is_ok()
                }
                Ok(Err(bad)) => trouble_sender.blocking_send(Trouble::Bad(bad)).is_ok(),
                Err(error) => {
                    let _ = trouble_sender.blocking_send(Trouble::Unreadable(list.source.cannot(&error)));
                    break;
                }
            };
            let is_due = handful.len() >= AT_ONCE || (!handful.is_empty() && !lines.has_more_at_once());
            if !sent || (is_due && target_sender.blocking_send(std::mem::take(&mut handful)).is_err()) {
                return;
            }
        }
        let _ = target_sender.blocking_send(handful);
    });
    let targets = stream::poll_fn(move |context| handfuls.poll_recv(context)).flat_map(stream::iter);
    Ok(Reading { targets, troubles })
}
