//! Sends events to the webhook: in order for each subject, again where it fails, and never in the way of a check.

mod attempts;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::daemon::Daemon;
use super::events::WebhookEvent;
use super::history::{Change, SubjectKey};
use super::settings::{Authorization, ModuleKind, ServeSettings, WebhookSettings};
use super::store::Settlement;
use crate::probe::Prober;
use crate::transport::dial::TcpDialer;
use crate::web::{FetchError, JsonPost, PostReply, post_json, within};
use attempts::{Attempts, Next};

/// How many events may wait, of all subjects together.
const MOST_WAITING: usize = 1000;

/// How many are sent at once.
const MOST_AT_ONCE: usize = 4;

/// How long one try may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The events that wait, by subject. The first of each is being sent.
#[derive(Debug, Default)]
struct Queues(BTreeMap<SubjectKey, VecDeque<Arc<Change>>>);

impl Queues {
    /// The event to send at once, if its subject has no other one in front of it.
    fn push(&mut self, change: Arc<Change>) -> Option<Arc<Change>> {
        let queue = self.0.entry(change.subject.clone()).or_default();
        queue.push_back(Arc::clone(&change));
        (queue.len() == 1).then_some(change)
    }

    /// Takes out what has been sent. The next one of its subject.
    fn pop(&mut self, subject: &SubjectKey, id: Uuid) -> Option<Arc<Change>> {
        let queue = self.0.get_mut(subject)?;
        if queue.front().is_some_and(|front| front.id == id) {
            queue.pop_front();
        }
        let next = queue.front().cloned();
        if next.is_none() {
            self.0.remove(subject);
        }
        next
    }

    /// Takes out the oldest that is not being sent, where too many wait.
    fn too_many(&mut self) -> Option<Arc<Change>> {
        if self.0.values().map(VecDeque::len).sum::<usize>() <= MOST_WAITING {
            return None;
        }
        let waiting = self.0.values_mut().filter(|queue| queue.len() > 1);
        waiting.min_by_key(|queue| queue[1].at)?.remove(1)
    }
}

/// Sends what comes in, until `closing`; then what can be sent at once still is.
pub(super) async fn deliver(daemon: Arc<Daemon>, mut committed: mpsc::UnboundedReceiver<Change>) {
    let mut queues = Queues::default();
    let mut sending = JoinSet::new();
    let slots = Arc::new(Semaphore::new(MOST_AT_ONCE));
    loop {
        let next = tokio::select! {
            change = committed.recv() => {
                let Some(change) = change else { return };
                let next = queues.push(Arc::new(change));
                if let Some(dropped) = queues.too_many() {
                    tracing::warn!("too many events wait for the webhook: the one of {} is dropped", dropped.subject);
                    daemon.settle(&dropped, Settlement::GivenUp);
                }
                next
            }
            Some(Ok(sent)) = sending.join_next() => {
                let (change, settlement): (Arc<Change>, Settlement) = sent;
                daemon.settle(&change, settlement);
                queues.pop(&change.subject, change.id)
            }
        };
        if let Some(change) = next {
            let (daemon, slots) = (Arc::clone(&daemon), Arc::clone(&slots));
            sending.spawn(async move {
                let settlement = send(&daemon, &change, &slots).await;
                (change, settlement)
            });
        }
    }
}

/// Sends one event, as often as it takes, within bounds.
async fn send(daemon: &Daemon, change: &Change, slots: &Semaphore) -> Settlement {
    let mut attempts = Attempts::new(Instant::now());
    loop {
        // They may have been changed in the meantime.
        let settings = daemon.settings();
        let (Some(webhook), Some(prober)) = (&settings.webhook, prober(&settings)) else { return Settlement::GivenUp };
        let slot = slots.acquire().await;
        let reply = within(LIMIT, post(webhook, change, prober)).await;
        drop(slot);
        match attempts.next(&reply, Instant::now()) {
            Next::Done => return Settlement::Acknowledged,
            Next::Pause(pause) => {
                tracing::debug!("the webhook did not take the event of {}: {}", change.subject, said(&reply));
                sleep(pause).await;
            }
            Next::GiveUp => {
                let (target, id) = (&change.subject, change.id);
                tracing::warn!("the webhook did not take event {id} of {target}, which is given up: {}", said(&reply));
                return Settlement::GivenUp;
            }
        }
    }
}

async fn post(webhook: &WebhookSettings, change: &Change, prober: &Prober) -> Result<PostReply, FetchError> {
    let document = serde_json::to_vec(&WebhookEvent::from(change));
    let document = document.map_err(|error| FetchError::Broken(error.to_string()))?;
    let key = change.id.to_string();
    let authorization = webhook.authorization.as_ref().map(Authorization::header);
    let document = JsonPost { url: &webhook.url, key: &key, authorization, document };
    let dialer = TcpDialer { source: None };
    let resolver = prober.resolver();
    Box::pin(post_json(document, prober.web_context(&resolver, &dialer, LIMIT))).await
}

/// Whose resolver and trusted authorities are used.
fn prober(settings: &ServeSettings) -> Option<&Prober> {
    let kinds = settings.modules.get(ServeSettings::DEFAULT_MODULE).into_iter().chain(settings.modules.values());
    kinds.map(|module| &module.kind).find_map(|kind| match kind {
        ModuleKind::Ports { prober, .. } => Some(&**prober),
        ModuleKind::Blocked(_) => None,
    })
}

fn said(reply: &Result<PostReply, FetchError>) -> String {
    match reply {
        Ok(reply) => format!("HTTP status {}", reply.status),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
