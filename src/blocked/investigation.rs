//! An investigation: trying the ports, tracing the route, looking up names. Everything that takes time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::assessment::{Assessment, BlockedRun};
use super::cloud::HostingPlace;
use super::evidence::{Control, ControlAnswer, Scope, is_private, seen_as};
use super::facts::{Facts, Machine, Reverse};
use super::hosts::{self, HostRole, ProbedHost};
use super::inquiry::Inquiry;
use super::options::{InvestigationEvent, InvestigationOptions};
use super::references;
use super::ways::MAIL;
use crate::collector::Collector;
use crate::observation::{ConnectFailureKind, Resolution, Stage, Via};
use crate::policy::{Policy, Verdict, judge};
use crate::probe::{Event, Run};
use crate::resolve::Families;
use crate::target::{AddressClass, Host, Target};
use crate::transport::tcp::{self, ConnectError};
use crate::transport::trust::TrustError;

/// The port beside the mail ports that shows whether there is a network at all: every large mail domain has a web site.
const WEB: u16 = 443;

/// How long the reverse DNS may take, all lookups together. The answer does not depend on it.
const REVERSE_DNS: Duration = Duration::from_secs(10);

/// The exit code where only a warning fails the run, as for checks of targets.
const FAILED_BY_WARNING: u8 = 1;

#[derive(Debug)]
pub struct Investigation {
    events: mpsc::UnboundedReceiver<InvestigationEvent>,
    interrupt: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Investigation {
    /// Begins. Nothing but files is touched before it returns.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn start(options: InvestigationOptions) -> Result<Self, TrustError> {
        let (sender, events) = mpsc::unbounded_channel();
        let (interrupt, interrupted) = watch::channel(false);
        let inquiry = Inquiry::new(options, sender, interrupted)?;
        let task = tokio::spawn(inquiry.carry_out());
        Ok(Self { events, interrupt, task })
    }

    /// The next event; `None` after the last.
    pub async fn next(&mut self) -> Option<InvestigationEvent> {
        self.events.recv().await
    }

    /// Ends what is under way. The answer still comes, from what is known so far.
    pub fn interrupt(&self) {
        self.interrupt.send_replace(true);
    }

    /// Waits until every connection is closed in good manners: a second at most.
    pub async fn close(self) {
        drop(self.events);
        // It fails only if the task panicked or the runtime ended; either way nothing is left to wait for.
        let _ = self.task.await;
    }
}

impl Inquiry {
    async fn carry_out(self) {
        let InvestigationOptions { hosts: own, references, submission_hosts, .. } = &self.options;
        let (mut hosts, web, looks, runs) = if own.is_empty() {
            let submission = submission_hosts.iter().map(|host| (references::host(host.clone()), HostRole::Submission));
            let domains = references.iter().map(|reference| Host::Name(reference.domain.clone()));
            let ((mut hosts, first), (submission, second), web, looks) = tokio::join!(
                self.relays(self.references(submission_hosts.len())),
                self.follow(submission.collect(), 0),
                self.web(domains.collect()),
                self.look_early(),
            );
            hosts.extend(submission);
            (hosts, web, looks, vec![first, second])
        } else {
            let named = own.iter().cloned().map(references::host);
            let named = named.map(|target| (target.clone(), HostRole::Named(target.typed)));
            let ((hosts, run), web, looks) =
                tokio::join!(self.relays(self.follow(named.collect(), 0)), self.web(own.clone()), self.look_early());
            (hosts, web, looks, vec![run])
        };
        for (address, path) in looks {
            let mut seen = hosts.iter_mut().flat_map(|host| &mut host.evidence.observations);
            if let Some(seen) = seen.find(|seen| seen.endpoint.port == MAIL && seen.endpoint.address == Some(address)) {
                seen.path = Some(path);
            }
        }
        self.trace(&mut hosts).await;
        hosts.iter().filter(|host| host.role != HostRole::Submission).for_each(|host| self.tell_target(host));
        let answered = self.conclude(hosts, web).await;
        self.tell(InvestigationEvent::Done(Box::new(answered)));
        join_all(runs.into_iter().map(Run::close)).await;
    }

    /// Those who are asked for their port 25. When they are done, the board knows.
    async fn relays<T>(&self, asking: impl Future<Output = T>) -> T {
        let asked = asking.await;
        self.board.relays_are_done();
        asked
    }

    /// Port 25 of one mail host of each reference.
    async fn references(&self, first: usize) -> (Vec<ProbedHost>, Run) {
        let references = &self.options.references;
        let found = join_all(references.iter().map(|reference| self.within(reference.mail_host(&self.resolver)))).await;
        let (mut targets, mut unresolved) = (Vec::new(), Vec::new());
        for (domain, found) in references.iter().map(|reference| &reference.domain).zip(found) {
            match found {
                Some(Ok(host)) => targets.push((references::relay(host), HostRole::Reference(domain.to_owned()))),
                Some(Err(failure)) => unresolved.push(ProbedHost::unresolved(domain, Ok(failure))),
                None => unresolved.push(ProbedHost::unresolved(domain, Err(self.cause()))),
            }
        }
        let (mut hosts, run) = self.follow(targets, first).await;
        hosts.extend(unresolved);
        (hosts, run)
    }

    /// Probes hosts to their end. `first` keeps their numbers apart from those of another run. The run that is given back
    /// is over, and still has connections to close.
    async fn follow(&self, targets: Vec<(Target, HostRole)>, first: usize) -> (Vec<ProbedHost>, Run) {
        let (targets, roles): (Vec<Target>, Vec<HostRole>) = targets.into_iter().unzip();
        let mut collector = Collector::new(&targets, Policy::default()).planned_by(self.plan.clone());
        let mut run = self.prober.start_until(targets, self.end_of(&roles));
        if roles.iter().any(|role| *role != HostRole::Submission) {
            // There is one such run.
            let _ = self.giving_up.set(run.to_give_up());
        }
        let mut interrupted = self.interrupted.clone();
        let mut asked_to_stop = false;
        let mut hosts: BTreeMap<usize, ProbedHost> = BTreeMap::new();
        let mut take = |collector: &mut Collector, target: usize| {
            let Some((evidence, role)) = collector.take_evidence(target).zip(roles.get(target)) else { return };
            let host = ProbedHost::new(role.clone(), evidence);
            if host.role == HostRole::Submission {
                self.tell_target(&host);
            }
            host.answered_over().into_iter().for_each(|family| {
                self.tell(InvestigationEvent::SoFar(format!("{family}: port 25 answers")));
            });
            hosts.insert(target, host);
        };
        loop {
            let event = tokio::select! {
                event = run.next() => event,
                _ = interrupted.wait_for(|&interrupted| interrupted), if !asked_to_stop => {
                    asked_to_stop = true;
                    run.interrupt();
                    continue;
                }
            };
            let Some(event) = event else { break };
            let mut finished = None;
            match &event {
                Event::Planned { plan, .. } => self.tell(InvestigationEvent::Planned(plan.endpoints.len())),
                Event::Entered { target, index, stage } => {
                    if let Some(endpoint) = collector.endpoint(*target, *index) {
                        let key = (first + target, *index);
                        self.tell(InvestigationEvent::Entered(key, endpoint.port, *stage));
                        match (stage, endpoint.address) {
                            (Stage::Resolve, _) | (_, None) => {}
                            (Stage::Connect, Some(address)) => {
                                self.board.connects(key, SocketAddr::new(address, endpoint.port));
                            }
                            _ => self.board.is_connected(key),
                        }
                    }
                }
                Event::Awaits { target, index, until } => {
                    self.tell(InvestigationEvent::Awaits((first + target, *index), *until));
                }
                Event::Finished { target, index, .. } => {
                    self.tell(InvestigationEvent::Finished((first + target, *index)));
                    self.board.is_finished((first + target, *index));
                    finished = Some(*target);
                }
                Event::Begun { .. }
                | Event::Further { .. }
                | Event::MailHosts { .. }
                | Event::Promises { .. }
                | Event::Tracing { .. } => {}
            }
            collector.take(event);
            if let Some(target) = finished {
                take(&mut collector, target);
            }
        }
        collector.end();
        (0..roles.len()).for_each(|target| take(&mut collector, target));
        (hosts.into_values().collect(), run)
    }

    /// When probing these hosts must be over. Where nobody named them, one endpoint's time is enough for them all: they
    /// are few and asked at once, unless their names lead to one address (a DNS blocker's, or a captive portal's), of which
    /// each port is asked by one at a time. What the first of them shows is true for the others.
    fn end_of(&self, roles: &[HostRole]) -> Option<Instant> {
        let is_named = roles.iter().any(|role| matches!(role, HostRole::Named(_)));
        let probing = &self.options.probing;
        let lookup = probing.resolver.lookup_timeout.min(probing.timeout);
        let enough = Instant::now() + lookup + probing.timeout;
        if is_named { self.end } else { Some(self.end.map_or(enough, |end| end.min(enough))) }
    }

    /// Whether the web port of these hosts can be connected to, one address of each family.
    async fn web(&self, hosts: Vec<Host>) -> Vec<Control> {
        let limit = self.options.probing.connect_limit();
        let families = self.options.probing.plan.families;
        let every = !self.options.hosts.is_empty();
        let of_host = async |host: Host| -> Vec<Control> {
            let resolution = if every {
                self.resolver.addresses(&host, families).await
            } else {
                self.resolver.absolute_addresses(&host, families).await
            };
            let addresses = to_try(&resolution, every);
            let tries = addresses.into_iter().filter(|address| tcp::has_route(*address)).map(async |address| {
                let (server, began) = (SocketAddr::new(address, WEB), Instant::now());
                let answer = control_answer(tcp::connect(server, limit).await.err());
                if answer == ControlAnswer::Connected {
                    self.board.is_open(server, began.elapsed());
                }
                Control { host: host.to_string(), address, port: WEB, answer }
            });
            join_all(tries).await
        };
        let all = join_all(hosts.into_iter().map(|host| self.within(of_host(host)))).await;
        all.into_iter().flatten().flatten().collect()
    }

    async fn conclude(&self, hosts: Vec<ProbedHost>, controls: Vec<Control>) -> BlockedRun {
        let seen_as = seen_as(hosts::observations(&hosts));
        let reverse = self.reverse_names(&seen_as).await;
        let scope = if self.options.hosts.is_empty() { Scope::References } else { Scope::Hosts };
        let addresses: BTreeSet<IpAddr> = hosts.iter().flat_map(ProbedHost::addresses).collect();
        // Where servers see this machine as the host itself, a router on the way translates its address.
        let is_own = |address: &IpAddr| tcp::is_own_address(*address) || seen_as.contains(address);
        let own: BTreeSet<IpAddr> = addresses.iter().copied().filter(is_own).collect();
        let source = |v4: bool| {
            addresses.iter().filter(|address| address.is_ipv4() == v4).find_map(|address| tcp::source_address(*address))
        };
        let machine = Machine {
            system: std::env::consts::OS,
            surroundings: HostingPlace::of(&self.options.firmware, &self.options.environment),
            sources: [source(true), source(false)].into_iter().flatten().collect(),
            seen_as,
            reverse,
            request_wanted: self.options.request_wanted,
        };
        let evidence = hosts::evidence(&hosts, controls, self.families(&addresses), &own, scope);
        let answer = Assessment::of(Facts::new(evidence, hosts::ways_out(&hosts), machine));
        let targets = hosts.into_iter().map(|host| host.evidence).collect();
        let mut run = judge(targets, &Policy::default(), self.started, self.began.elapsed());
        run.verdict = answer.verdict();
        run.exit_code = answer.facts.conclusions.exit_code;
        if self.options.strict && run.verdict == Verdict::Pass && answer.warns() {
            run.verdict = Verdict::Fail;
            run.exit_code = FAILED_BY_WARNING;
        }
        BlockedRun { run, answer }
    }

    /// The families that were asked for and that this machine has.
    fn families(&self, addresses: &BTreeSet<IpAddr>) -> Families {
        /// Addresses for documentation (RFC 5737, RFC 3849), which have no route of their own. Nothing is sent.
        const ANY_V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
        const ANY_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        let wanted = self.options.probing.plan.families;
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
}

/// The addresses to try of a host: the first of each family, or every one.
fn to_try(resolution: &Resolution, every: bool) -> Vec<IpAddr> {
    // A connection to an unspecified address, as DNS blockers answer, would reach this machine.
    let is_typed = resolution.via == Via::Literal;
    let is_server = |address: &IpAddr| is_typed || AddressClass::of(*address) != AddressClass::Unspecified;
    let addresses = resolution.addresses.iter().copied().filter(is_server);
    if every {
        return addresses.collect();
    }
    let first = |v4: bool| addresses.clone().find(|address| address.is_ipv4() == v4);
    [first(true), first(false)].into_iter().flatten().collect()
}

fn control_answer(error: Option<ConnectError>) -> ControlAnswer {
    match error {
        None | Some(ConnectError::ResetAtOnce) => ControlAnswer::Connected,
        Some(ConnectError::Failure(failure)) if failure.kind == ConnectFailureKind::Refused => ControlAnswer::Refused,
        Some(ConnectError::Failure(_)) => ControlAnswer::Stopped,
        Some(ConnectError::Local(_)) => ControlAnswer::Unknown,
    }
}
