//! Servers that are connected to one after the other, as a mail server does that has something to deliver: the next one only
//! where the one before did not answer.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::lost;
use super::options::Visits;
use super::plan::Plan;
use super::planned::Planned;
use super::recorder::Recorder;
use super::run::Event;
use super::schedule::Scheduler;
use super::unprobed::stopped;
use crate::observation::{Limit, Observation, Stage, StopCause};
use crate::protocol::Refrained;

/// How many addresses are tried, one after the other: as many as Postfix tries (`smtp_mx_address_limit`).
const MOST_ADDRESSES: usize = 5;

impl Scheduler {
    /// Visits the servers of a plan. What was seen is told at the end, when it is known which of them were visited at all.
    pub(super) async fn visit(self: &Arc<Self>, number: usize, mut plan: Plan) -> Option<()> {
        let routes = routes(std::mem::take(&mut plan.endpoints), self.prober.options.steps.visits);
        plan.endpoints = routes.iter().filter_map(|route| route.first().cloned()).collect();
        let places = Mutex::new(plan.endpoints.len());
        self.tell(Event::Planned { target: number, plan }).await?;
        let visits = routes.into_iter().enumerate().map(|(place, route)| self.follow(number, place, route, &places));
        let mut seen: Vec<(usize, Box<Observation>)> = join_all(visits).await.into_iter().flatten().collect();
        seen.sort_by_key(|(index, _)| *index);
        for (index, observation) in seen {
            self.tell(Event::Finished { target: number, index, observation }).await?;
        }
        Some(())
    }

    /// Follows a route until somebody answers. Its first endpoint stands at `place` of the plan.
    async fn follow(
        self: &Arc<Self>,
        target: usize,
        place: usize,
        route: Vec<Planned>,
        places: &Mutex<usize>,
    ) -> Vec<(usize, Box<Observation>)> {
        let mut seen: Vec<(usize, Box<Observation>)> = Vec::new();
        for planned in route {
            let index = if seen.is_empty() {
                place
            } else {
                // Held while it is told, so that the places are told in their order.
                let mut places = places.lock().await;
                let index = *places;
                *places += 1;
                if self.tell(Event::Further { target, endpoint: planned.endpoint().clone() }).await.is_none() {
                    break;
                }
                index
            };
            let observation = self.observe_now(target, index, planned).await;
            let is_last = ends_the_visits(&observation);
            seen.push((index, observation));
            if is_last {
                break;
            }
        }
        seen
    }

    async fn observe_now(self: &Arc<Self>, target: usize, index: usize, planned: Planned) -> Box<Observation> {
        let (began, endpoint) = (Instant::now(), planned.endpoint().clone());
        self.observe(target, index, planned).await.unwrap_or_else(|error| {
            Box::new(stopped(&endpoint, Recorder::at(Stage::Connect), lost::cause(error), began.elapsed()))
        })
    }
}

/// The endpoints in the order in which they are visited: one route for all, or one for each host.
fn routes(endpoints: Vec<Planned>, visits: Visits) -> Vec<Vec<Planned>> {
    let mut routes: Vec<Vec<Planned>> = Vec::new();
    for planned in endpoints {
        let goes_on = |route: &Vec<Planned>| {
            visits == Visits::UntilAnswered
                || route.last().is_some_and(|last| last.endpoint().host == planned.endpoint().host)
        };
        match routes.last_mut().filter(|route| goes_on(route)) {
            Some(route) => route.push(planned),
            None => routes.push(vec![planned]),
        }
    }
    for route in &mut routes {
        route.truncate(MOST_ADDRESSES);
    }
    routes
}

/// Whether nobody else is asked: there was an answer, or none of the others could be asked either.
fn ends_the_visits(observation: &Observation) -> bool {
    let Some(probe) = observation.probe() else { return false };
    let is_over = matches!(
        probe.stop.as_ref().map(|stop| &stop.cause),
        Some(
            StopCause::Interrupted
                | StopCause::TimedOut(Limit::Run)
                | StopCause::NoTurn
                | StopCause::Local(_)
                | StopCause::Internal(_)
        )
    );
    let talk = probe.conversation.envelope.as_ref();
    let has_answered =
        talk.is_some_and(|talk| talk.sender_reply.is_some() || talk.refrained == Some(Refrained::NoUnicode));
    // One login, whatever became of it.
    is_over || has_answered || probe.conversation.login.is_some()
}
