//! Through here goes every check, whoever asks for it.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::answer::{CheckAnswer, CheckResult};
use super::settings::{Module, ModuleKind};
use crate::blocked::{Investigation, InvestigationEvent};
use crate::collector::Collector;
use crate::target::Target;

/// How much is done at once.
#[derive(Debug, Clone, Copy)]
pub struct EngineLimits {
    /// How many checks run at once; the others wait.
    pub running: usize,
    /// How many may wait.
    pub waiting: usize,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self { running: 64, waiting: 1024 }
    }
}

/// Why a check was not even begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// So many wait already that there is no room for another.
    Full,
    /// Its time was over, or nearly, before its turn came.
    NoTime,
    /// What the module names cannot be used any more.
    Unusable,
}

#[derive(Debug)]
pub struct Engine {
    running: Semaphore,
}

impl Engine {
    pub fn new(limits: EngineLimits) -> Self {
        Self { running: Semaphore::new(limits.running) }
    }

    /// Checks `targets`, which were typed as `typed`, and answers until then, with what is known.
    pub async fn check(
        &self,
        module: &Arc<Module>,
        typed: &str,
        targets: Vec<Target>,
        until: Instant,
    ) -> Result<Arc<CheckAnswer>, Busy> {
        let Ok(Ok(_running)) = timeout_at(until, self.running.acquire()).await else { return Err(Busy::NoTime) };
        let (started, began) = (SystemTime::now(), Instant::now());
        let outcome = match &module.kind {
            ModuleKind::Ports { prober, policy } => {
                let mut collector = Collector::new(&targets, policy.clone()).planned_by(prober.options.plan.clone());
                let mut run = prober.start_until(targets, Some(until));
                while let Some(event) = run.next().await {
                    collector.take(event);
                }
                CheckResult::Ports(Box::new(collector.judge(started, run.elapsed())))
            }
            ModuleKind::Blocked(options) => {
                let mut options = (**options).clone();
                options.probing.deadline = Some(until - began);
                let mut investigation = Investigation::start(options).map_err(|_| Busy::Unusable)?;
                loop {
                    match investigation.next().await {
                        Some(InvestigationEvent::Done(blocked)) => break CheckResult::Blocked(blocked),
                        Some(_) => {}
                        None => return Err(Busy::Unusable),
                    }
                }
            }
        };
        Ok(Arc::new(CheckAnswer {
            module: module.name.clone(),
            target: typed.to_owned(),
            started,
            took: began.elapsed(),
            limit: until - began,
            finished: Instant::now() < until,
            result: outcome,
        }))
    }
}
