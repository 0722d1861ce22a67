//! Carrying out a check, when its turn has come.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::limits::Busy;
use super::progress::{Answered, Beginning, CheckProgress};
use super::queue::QueuePlace;
use crate::blocked::{Investigation, InvestigationEvent, InvestigationOptions};
use crate::collector::Collector;
use crate::policy::Policy;
use crate::probe::Prober;
use crate::serve::answer::CheckResult;
use crate::serve::settings::{Module, ModuleKind};
use crate::target::{Host, Target, TargetSpec};

/// Waits until it is the check's turn, and carries it out. It can be dropped at any time: then all of it is cancelled.
pub(super) async fn carry_out(
    progress: Arc<CheckProgress>,
    place: QueuePlace,
    module: Arc<Module>,
    targets: Vec<Target>,
) {
    let Some(_slot) = place.turn().await else { return };
    if progress.is_too_late() {
        // All that wait for it have given up, or are about to.
        return progress.end(Err(Busy::NoTime));
    }
    let beginning = progress.begin();
    let checking = check(&progress, &module, targets, beginning);
    // Probes are tasks of their own, and what is lost of them is told. This is for all the rest: ports without a result are
    // told as mailprobe's own fault.
    let answered = AssertUnwindSafe(checking).catch_unwind().await;
    progress.end(answered.unwrap_or_else(|_| conclude(&progress, beginning, false)));
}

async fn check(progress: &CheckProgress, module: &Module, targets: Vec<Target>, beginning: Beginning) -> Answered {
    match &module.kind {
        ModuleKind::Ports { prober, policy } => ports(progress, prober, policy, targets, beginning).await,
        ModuleKind::Blocked(options) => blocked(progress, options, &targets, beginning).await,
    }
}

/// The ports of the targets.
async fn ports(
    progress: &CheckProgress,
    prober: &Arc<Prober>,
    policy: &Policy,
    targets: Vec<Target>,
    beginning: Beginning,
) -> Answered {
    let collector = Collector::new(&targets, policy.clone()).planned_by(prober.options.plan.clone());
    *progress.collector() = Some(collector);
    let mut run = prober.start_until(targets, progress.end.clone());
    let mut events = Vec::new();
    while run.next_some(&mut events).await {
        if let Some(collector) = progress.collector().as_mut() {
            events.drain(..).for_each(|event| collector.take(event));
        }
    }
    // From here on nothing is waited for.
    let finished = !progress.end.is_over();
    // Connections are closed in good manners; the answer need not wait for that.
    tokio::spawn(run.close());
    conclude(progress, beginning, finished)
}

/// Judges what was collected.
fn conclude(progress: &CheckProgress, beginning: Beginning, finished: bool) -> Answered {
    let collector = progress.collector().take().ok_or(Busy::Unusable)?;
    let report = progress.pace.time(|| collector.judge(beginning.started, beginning.began.elapsed()));
    let limit = progress.limit(beginning);
    Ok(progress.answer_of(CheckResult::Ports(Box::new(report)), beginning, limit, finished))
}

/// Whether port 25 is blocked from here: towards the hosts that were asked for, else those of the module.
async fn blocked(
    progress: &CheckProgress,
    options: &InvestigationOptions,
    targets: &[Target],
    beginning: Beginning,
) -> Answered {
    let mut options = options.clone();
    if !targets.is_empty() {
        options.hosts = targets.iter().map(host_of).collect();
    }
    options.probing.deadline = progress.end.get().map(|end| end.saturating_duration_since(beginning.began));
    let mut investigation = Investigation::start(options).map_err(|_| Busy::Unusable)?;
    while let Some(event) = investigation.next().await {
        if let InvestigationEvent::Done(blocked) = event {
            let finished = !progress.end.is_over();
            tokio::spawn(investigation.close());
            let limit = progress.limit(beginning);
            return Ok(progress.answer_of(CheckResult::Blocked(blocked), beginning, limit, finished));
        }
    }
    Err(Busy::Unusable)
}

fn host_of(target: &Target) -> Host {
    match &target.spec {
        TargetSpec::Host(host) => host.clone(),
        TargetSpec::Endpoint(endpoint) => endpoint.host.clone(),
        TargetSpec::Domain(domain) => Host::Name(domain.name.clone()),
    }
}
