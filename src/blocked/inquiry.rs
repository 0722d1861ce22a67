//! Trying the ports, following the path, asking for the names: everything that takes time.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::answer::{Answer, Machine, Outcome, Reverse, System};
use super::cloud::Firmware;
use super::evidence::{Asked, Control, ControlAnswer, is_private, seen_as};
use super::references;
use super::run::{Event, Question};
use super::seen::{Role, Seen, chosen, evidence, stopped_by, ways_out};
use crate::observation::{Cause, ConnectFailureKind};
use crate::path;
use crate::policy::{Family, Policy, Verdict, judge};
use crate::probe::{self, Prober, Run, Trace};
use crate::resolve::{Families, Resolver};
use crate::service::Service;
use crate::target::{Host, ServicePort, Target};
use crate::transport::tcp::{self, ConnectError};
use crate::transport::trust::TrustError;

/// The port beside the mail ports that shows whether there is a network at all: every large mail domain has a web site.
const WEB: u16 = 443;

/// How long the reverse DNS may take, all lookups together. The answer does not depend on it.
const REVERSE_DNS: Duration = Duration::from_secs(10);

/// The exit code where only a warning fails the run, as for checks of targets.
const FAILED_BY_WARNING: u8 = 1;

pub(super) struct Inquiry {
    question: Question,
    prober: Arc<Prober>,
    resolver: Resolver,
    events: mpsc::UnboundedSender<Event>,
    interrupted: watch::Receiver<bool>,
    began: Instant,
    started: SystemTime,
    end: Option<Instant>,
}

impl Inquiry {
    pub(super) fn new(
        question: Question,
        events: mpsc::UnboundedSender<Event>,
        interrupted: watch::Receiver<bool>,
    ) -> Result<Self, TrustError> {
        let began = Instant::now();
        let mut probing = question.probing.clone();
        let mut ports: Vec<ServicePort> = references::SUBMISSION.into_iter().map(ServicePort::from).collect();
        if question.hosts.is_empty() {
            // Of a host with many addresses one stands for all.
            probing.plan.per_family = Some(1);
        } else {
            ports.insert(0, ServicePort::from(Service::Smtp));
        }
        probing.plan.ports = Some(ports);
        probing.plan.security = None;
        // What is worth tracing is known only when all is probed.
        probing.trace = Trace::Never;
        Ok(Self {
            prober: Prober::new(probing)?,
            resolver: Resolver::new(question.probing.resolver.clone()),
            end: question.probing.deadline.map(|limit| began + limit),
            question,
            events,
            interrupted,
            began,
            started: SystemTime::now(),
        })
    }

    pub(super) async fn carry_out(self) {
        let mut partings = Vec::new();
        let (mut seen, controls) = if self.question.hosts.is_empty() {
            let submission: Vec<Target> =
                self.question.submission_hosts.iter().cloned().map(references::host).collect();
            let roles = vec![Role::Submission; submission.len()];
            let domains = self.question.references.iter().map(|reference| Host::Name(reference.domain().to_owned()));
            let (mut relays, (submission, parting), web) = tokio::join!(
                self.references(submission.len(), &mut partings),
                self.follow(submission, roles, 0),
                self.web(domains.collect()),
            );
            partings.push(parting);
            relays.extend(submission);
            (relays, web)
        } else {
            let targets: Vec<Target> = self.question.hosts.iter().cloned().map(references::host).collect();
            let roles = targets.iter().map(|target| Role::Host(target.typed.clone())).collect();
            let ((hosts, parting), web) =
                tokio::join!(self.follow(targets, roles, 0), self.web(self.question.hosts.clone()));
            partings.push(parting);
            (hosts, web)
        };
        self.trace(&mut seen, &controls).await;
        for one in seen.iter().filter(|one| one.role != Role::Submission) {
            self.tell_target(one);
        }
        let outcome = self.conclude(seen, controls).await;
        let _ = self.events.send(Event::Done(Box::new(outcome)));
        join_all(partings).await;
    }

    /// Port 25 of one mail host of each reference.
    async fn references(&self, first: usize, partings: &mut Vec<JoinHandle<()>>) -> Vec<Seen> {
        let references = &self.question.references;
        let hosts = join_all(references.iter().map(|reference| self.within(reference.mail_host(&self.resolver)))).await;
        let mut seen = Vec::new();
        let (mut targets, mut roles) = (Vec::new(), Vec::new());
        for (reference, host) in references.iter().zip(hosts) {
            match host {
                Some(Ok(host)) => {
                    targets.push(references::relay(host));
                    roles.push(Role::Reference(reference.domain().to_owned()));
                }
                Some(Err(failure)) => seen.push(Seen::unresolved(reference.domain(), Some(failure), self.cause())),
                None => seen.push(Seen::unresolved(reference.domain(), None, self.cause())),
            }
        }
        let (probed, parting) = self.follow(targets, roles, first).await;
        partings.push(parting);
        seen.splice(0..0, probed);
        seen
    }

    /// Probes targets to their end. `first` keeps their numbers apart from those of another run.
    async fn follow(&self, targets: Vec<Target>, roles: Vec<Role>, first: usize) -> (Vec<Seen>, JoinHandle<()>) {
        let mut seen: Vec<Seen> = targets.iter().zip(roles).map(|(target, role)| Seen::new(target, role)).collect();
        let mut run: Run = self.prober.start_until(targets, self.end);
        let mut interrupted = self.interrupted.clone();
        let mut told = false;
        loop {
            let event = tokio::select! {
                event = run.next() => event,
                _ = interrupted.wait_for(|&interrupted| interrupted), if !told => {
                    told = true;
                    run.interrupt();
                    continue;
                }
            };
            let Some(event) = event else { break };
            let place = |target: usize, index: usize| (first + target, index);
            let happened = match event {
                probe::Event::Planned { target, plan } => {
                    let count = plan.endpoints.len();
                    if let Some(one) = seen.get_mut(target) {
                        one.plan(plan);
                    }
                    Some(Event::Planned(count))
                }
                probe::Event::Entered { target, index, stage } => seen
                    .get(target)
                    .and_then(|one| one.port(index))
                    .map(|port| Event::Entered(place(target, index), port, stage)),
                probe::Event::Finished { target, index, observation } => {
                    if let Some(one) = seen.get_mut(target)
                        && one.finish(index, *observation)
                        && one.role == Role::Submission
                    {
                        self.tell_target(one);
                    }
                    Some(Event::Finished(place(target, index)))
                }
                probe::Event::Begun { .. } | probe::Event::Tracing { .. } => None,
            };
            if let Some(happened) = happened {
                self.tell(happened);
            }
        }
        seen.iter_mut().for_each(Seen::settle);
        (seen, tokio::spawn(run.close()))
    }

    /// Whether the web port of these hosts can be connected to, one address of each family.
    async fn web(&self, hosts: Vec<Host>) -> Vec<Control> {
        let limit = self.question.probing.connect_timeout;
        let families = self.question.probing.plan.families;
        let every = !self.question.hosts.is_empty();
        let of_host = async |host: Host| -> Vec<Control> {
            let resolution = self.resolver.addresses(&host, families).await;
            let addresses = chosen(&resolution, every);
            let tries = addresses.into_iter().filter(|address| tcp::has_route(*address)).map(async |address| Control {
                host: host.to_string(),
                address,
                port: WEB,
                answer: control_answer(tcp::connect(SocketAddr::new(address, WEB), limit).await.err()),
            });
            join_all(tries).await
        };
        let all = join_all(hosts.into_iter().map(|host| self.within(of_host(host)))).await;
        all.into_iter().flatten().flatten().collect()
    }

    /// Traces one failing and one succeeding port 25 of each family.
    async fn trace(&self, seen: &mut [Seen], controls: &[Control]) {
        let chosen = [Family::Ipv4, Family::Ipv6].map(|family| Seen::worth_tracing(seen, family));
        let of_family = async |places: Vec<(usize, usize, IpAddr)>| {
            let mut traced = Vec::new();
            // One after the other: routers limit how often they answer.
            for (target, index, address) in places {
                let open: Vec<u16> = controls
                    .iter()
                    .filter(|control| control.address == address && control.answer == ControlAnswer::Connected)
                    .map(|control| control.port)
                    .collect();
                // Behind the numbers of all endpoints, so that none is taken for another.
                let place = (usize::MAX - target, index);
                self.tell(Event::Tracing(place, Service::Smtp.port()));
                let control = path::control_port(Service::Smtp.port(), &open);
                let Some(path) = self.within(path::trace(address, Service::Smtp.port(), control)).await else { break };
                traced.push((target, index, path));
            }
            traced
        };
        let [v4, v6] = chosen;
        let (v4, v6) = tokio::join!(of_family(v4), of_family(v6));
        for (target, index, path) in v4.into_iter().chain(v6) {
            if let Some(one) = seen.get_mut(target) {
                one.traced(index, path);
            }
        }
    }

    async fn conclude(&self, seen: Vec<Seen>, controls: Vec<Control>) -> Outcome {
        let seen_as = seen_as(seen.iter().flat_map(|one| &one.evidence.observations));
        let reverse = self.reverse_names(&seen_as).await;
        let asked = if self.question.hosts.is_empty() { Asked::References } else { Asked::Hosts };
        // Where servers see this machine as the host itself, a router on the way translates its address.
        let own: BTreeSet<IpAddr> = seen
            .iter()
            .flat_map(Seen::addresses)
            .filter(|address| tcp::is_own_address(*address) || seen_as.contains(address))
            .collect();
        let addresses: BTreeSet<IpAddr> = seen.iter().flat_map(Seen::addresses).collect();
        let families = self.families(&addresses);
        let source = |v4: bool| {
            addresses.iter().filter(|address| address.is_ipv4() == v4).find_map(|address| tcp::source_address(*address))
        };
        let machine = Machine {
            system: System::this(),
            hosting: Firmware::read(&self.question.firmware).hosting(),
            sources: [source(true), source(false)].into_iter().flatten().collect(),
            seen_as,
            reverse,
            request_wanted: self.question.request_wanted,
        };
        let evidence = evidence(&seen, controls, families, &own, asked);
        let answer = Answer::new(evidence, ways_out(&seen), machine);
        let targets = seen.into_iter().map(|one| one.evidence).collect();
        let mut run = judge(targets, &Policy::default(), self.started, self.began.elapsed());
        run.verdict = answer.verdict();
        run.exit_code = answer.conclusions.exit_code;
        if self.question.strict && run.verdict == Verdict::Pass && answer.warns() {
            run.verdict = Verdict::Fail;
            run.exit_code = FAILED_BY_WARNING;
        }
        Outcome { run, answer }
    }

    /// The families that were asked for and that this machine has.
    fn families(&self, addresses: &BTreeSet<IpAddr>) -> Families {
        /// Addresses for documentation (RFC 5737, RFC 3849), which have no route of their own. Nothing is sent.
        const ANY_V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
        const ANY_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        let wanted = self.question.probing.plan.families;
        let has = |any: IpAddr| {
            let of_family = addresses.iter().copied().filter(|address| address.is_ipv4() == any.is_ipv4());
            of_family.chain([any]).any(tcp::has_route)
        };
        Families { v4: wanted.v4 && has(ANY_V4), v6: wanted.v6 && has(ANY_V6) }
    }

    async fn reverse_names(&self, seen_as: &[IpAddr]) -> Vec<(IpAddr, Reverse)> {
        let public = seen_as.iter().copied().filter(|address| !is_private(*address));
        let looking = join_all(public.map(async |address| (address, self.resolver.ptr(address).await)));
        self.within(timeout(REVERSE_DNS, looking)).await.and_then(Result::ok).unwrap_or_default()
    }

    /// Waits for `work` unless the run is interrupted or its time is over.
    async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut interrupted = self.interrupted.clone();
        let end = async {
            match self.end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = interrupted.wait_for(|&interrupted| interrupted) => None,
            done = work => Some(done),
            () = end => None,
        }
    }

    fn cause(&self) -> Cause {
        stopped_by(*self.interrupted.borrow())
    }

    fn tell_target(&self, one: &Seen) {
        let judged = judge(vec![one.evidence.clone()], &Policy::default(), self.started, Duration::ZERO);
        judged.targets.into_iter().for_each(|target| self.tell(Event::Target(Box::new(target))));
    }

    fn tell(&self, event: Event) {
        // Nobody listens any more when the user asked twice to stop.
        let _ = self.events.send(event);
    }
}

fn control_answer(error: Option<ConnectError>) -> ControlAnswer {
    match error {
        None | Some(ConnectError::ResetAtOnce) => ControlAnswer::Connected,
        Some(ConnectError::Failure(failure)) if failure.kind == ConnectFailureKind::Refused => ControlAnswer::Refused,
        Some(ConnectError::Failure(_)) => ControlAnswer::Stopped,
        Some(ConnectError::Local(_)) => ControlAnswer::Unknown,
    }
}
