//! The library's front door: [`Checker`].

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::collector::Collector;
use crate::diagnosis::{State, diagnose};
use crate::login::Credential;
use crate::observation::Stage;
use crate::policy::{Addresses, Expectations, Policy, Report};
use crate::probe::{Event, MailSteps, Options, PolicyLookups, Prober, Trace};
use crate::resolve::Families;
use crate::service::Security;
use crate::target::{Endpoint, HeloName, Host, ServicePort, Source, Target};
use crate::transport::dial::Dialer;
use crate::transport::trust::{TrustError, TrustStore};

/// Checks mail servers: set up once, used as often as you like, from as many tasks as you like.
///
/// ```no_run
/// use std::time::Duration;
/// use mailprobe::{Checker, Target, Verdict};
///
/// # async fn check() -> Result<(), Box<dyn std::error::Error>> {
/// let checker = Checker::builder().deadline(Duration::from_secs(30)).build()?;
/// let report = checker.check(["mail.example.org:587".parse::<Target>()?]).await;
/// if report.verdict != Verdict::Pass {
///     for target in &report.targets {
///         eprintln!("{}: {}", target.typed, target.conclusion);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Checker {
    prober: Arc<Prober>,
    policy: Policy,
    observer: Option<Arc<dyn Observer>>,
}

impl Checker {
    /// One that probes in just this way.
    #[cfg(test)]
    pub(crate) fn of(options: Options) -> Self {
        CheckerBuilder { options, ..CheckerBuilder::default() }.build().expect("good options")
    }

    /// Begins to set a checker up. Without further words it is patient (45 s for a port), asks the system's name servers,
    /// trusts Mozilla's list of root CAs, and probes every address of a host.
    pub fn builder() -> CheckerBuilder {
        CheckerBuilder::default()
    }

    /// Checks targets, all at once, and judges what was seen.
    ///
    /// What goes wrong at a port is no error: it is the result. A port takes 45 s at most
    /// ([`CheckerBuilder::timeout`]) once its name is known; [`CheckerBuilder::deadline`] bounds the whole. Connections get
    /// a second to close in good manners before this returns.
    ///
    /// **Cancelling**: dropping the future ends the check. Its connections are closed at once, and nothing more is sent.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn check(&self, targets: impl IntoIterator<Item = Target>) -> Report {
        let targets: Vec<Target> = targets.into_iter().collect();
        let mut collector = Collector::new(&targets, self.policy.clone()).planned_by(self.prober.options.plan.clone());
        let mut run = self.prober.start(targets);
        while let Some(event) = run.next().await {
            self.observe(&collector, &event);
            collector.take(event);
        }
        let report = collector.judge(run.started, run.elapsed());
        run.close().await;
        report
    }

    fn observe(&self, collector: &Collector, event: &Event) {
        let Some(observer) = &self.observer else { return };
        let tell = |target: usize, index: usize, happened| {
            if let Some(endpoint) = collector.endpoint(target, index) {
                observer.event(CheckEvent { target, endpoint, happened });
            }
        };
        match event {
            Event::Entered { target, index, stage } => tell(*target, *index, Happened::Entered(*stage)),
            Event::Tracing { target, index } => tell(*target, *index, Happened::Tracing),
            Event::Finished { target, index, observation } => {
                tell(*target, *index, Happened::Finished(diagnose(observation).state));
            }
            Event::Begun { .. }
            | Event::Planned { .. }
            | Event::Further { .. }
            | Event::MailHosts { .. }
            | Event::Promises { .. }
            | Event::Awaits { .. } => {}
        }
    }
}

/// Sets up a [`Checker`].
#[derive(Debug, Clone)]
#[must_use = "nothing is set up before `build`"]
pub struct CheckerBuilder {
    options: Options,
    policy: Policy,
    observer: Option<Arc<dyn Observer>>,
}

impl Default for CheckerBuilder {
    fn default() -> Self {
        let steps = MailSteps { sender_without_login: true, ..MailSteps::default() };
        Self { options: Options { steps, ..Options::default() }, policy: Policy::default(), observer: None }
    }
}

impl CheckerBuilder {
    /// Reads what was named (certificates), and touches no network.
    ///
    /// # Errors
    ///
    /// A CA file or certificate that cannot be read.
    pub fn build(self) -> Result<Checker, TrustError> {
        Ok(Checker { prober: Prober::new(self.options)?, policy: self.policy, observer: self.observer })
    }

    /// The ports of a bare host, and what is expected there. Default: the seven of [`Service::ALL`](crate::Service::ALL).
    pub fn ports(mut self, ports: impl IntoIterator<Item = ServicePort>) -> Self {
        self.options.plan.ports = Some(ports.into_iter().collect());
        self
    }

    /// The address families to use. Default: both, as far as this machine has a route.
    pub fn families(mut self, families: Families) -> Self {
        self.options.plan.families = families;
        self
    }

    /// How connections are secured, whatever ports and schemes say.
    pub fn security(mut self, security: Security) -> Self {
        self.options.plan.security = Some(security);
        self
    }

    /// Who is asked for the servers of a mail domain: MX records, SRV records, the file whose digest the DNS gives (PACC), the
    /// autoconfiguration file, the public collection of such files (a third party, which learns the name of the domain), the
    /// built-in table. Default: all of them.
    pub fn sources(mut self, sources: impl IntoIterator<Item = Source>) -> Self {
        self.options.plan.discovery.from = sources.into_iter().collect();
        self
    }

    /// Whether usual names (mail, smtp, imap, pop) are tried too for a mail domain. Default: no.
    pub fn guess(mut self, guess: bool) -> Self {
        self.options.plan.discovery.guess = guess;
        self
    }

    /// Whether to look up what is promised about the servers (DANE, MTA-STS and others) and to hold it against what is seen:
    /// `true` also for mail addresses, `false` for nobody. Default: for mail domains, and DANE for a host with port 25.
    pub fn policies(mut self, wanted: bool) -> Self {
        self.options.plan.policies = if wanted { PolicyLookups::All } else { PolicyLookups::Nobody };
        self
    }

    /// Whether submission ports (465, 587) are asked whether they take a sender without a login: `MAIL FROM:<>`, and nothing
    /// more. Default: yes.
    pub fn sender_without_login(mut self, asked: bool) -> Self {
        self.options.steps.sender_without_login = asked;
        self
    }

    /// The name server to ask, in place of the system's, its hosts file and its resolver.
    pub fn dns_server(mut self, server: SocketAddr) -> Self {
        self.options.resolver.dns_server = Some(server);
        self
    }

    /// How long the lookup of a name may take. Default: 10 s; an hour at most.
    pub fn lookup_timeout(mut self, limit: Duration) -> Self {
        self.options.resolver.lookup_timeout = limit;
        self
    }

    /// Whose root CAs are trusted. Default: Mozilla's list, built in.
    pub fn trust_store(mut self, store: TrustStore) -> Self {
        self.options.trust.store = store;
        self
    }

    /// Trusts the certificates in this file as well, PEM or DER. A server that presents one of them itself is trusted too.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.trust.ca_files.push(path.into());
        self
    }

    /// As [`CheckerBuilder::ca_file`], with what such a file holds.
    pub fn ca_certificates(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.options.trust.ca_certificates.push(certificates.into());
        self
    }

    /// The name to give in EHLO. Default: this machine's own full name, else its address.
    pub fn helo(mut self, name: HeloName) -> Self {
        self.options.hello = Some(name);
        self
    }

    /// The address of this machine to connect from, for servers of its family. Default: as the system chooses.
    pub fn source_address(mut self, address: IpAddr) -> Self {
        self.options.source = Some(address);
        self
    }

    /// Whether to keep all that a server says, up to 256 KiB of each attempt. Default: 16 KiB of each attempt, more than any
    /// honest server says; what is left out is told in the transcript itself.
    pub fn whole_transcript(mut self, whole: bool) -> Self {
        self.options.whole_transcript = whole;
        self
    }

    /// Logs in where mail programs do (submission, IMAP, POP3), and tells what came of it. Default: nobody does.
    ///
    /// Only inside TLS, and only where the certificate has no fault; once for each service of a check, one after the
    /// other, and no more after two refusals, since servers lock accounts for those. The mailbox is not opened. Neither the
    /// password nor the token is in any report, transcript or log.
    pub fn login(mut self, credential: Credential) -> Self {
        self.options.login = Some(Arc::new(credential));
        self
    }

    /// What makes the connections: a proxy's client, a test's. Default: [`TcpDialer`](crate::TcpDialer).
    pub fn dialer(mut self, dialer: impl Dialer + 'static) -> Self {
        self.options.dialer = Some(Arc::new(dialer));
        self
    }

    /// The name that is sent in the TLS handshake and looked for in the certificate, in place of the target's own.
    pub fn server_name(mut self, name: Host) -> Self {
        self.options.server_name = Some(name);
        self
    }

    /// How long a TCP connection may take to be made, to the letter. [`Duration::MAX`] is no limit. Default: 5 s, and a port
    /// that stays silent beside others which answered gets several connection requests and is told sooner.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.options.connect_timeout = Some(limit);
        self
    }

    /// How long one port may take, all its stages together. Default: 45 s. [`Duration::MAX`] is no limit.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = limit;
        self
    }

    /// How long a whole check may take. What is not finished then is [`State::Inconclusive`]. Default: no limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = Some(limit);
        self
    }

    /// How many connections at the same time. Default: 100, as far as this process has descriptors for them.
    pub fn concurrency(mut self, connections: usize) -> Self {
        self.options.concurrency = connections;
        self
    }

    /// Whose route is traced, to say where a connection is blocked (Linux). Default: nobody's.
    pub fn trace(mut self, trace: Trace) -> Self {
        self.options.trace = trace;
        self
    }

    /// Which addresses of a host must pass. Default: every one.
    pub fn addresses(mut self, addresses: Addresses) -> Self {
        self.policy.addresses = addresses;
        self
    }

    /// Whether a warning makes the check fail. Default: no.
    pub fn strict(mut self, strict: bool) -> Self {
        self.policy.strict = strict;
        self
    }

    /// What must be so. Default: nothing beyond the usual rules.
    pub fn expect(mut self, expectations: Expectations) -> Self {
        self.policy.expectations = expectations;
        self
    }

    /// Who is told how a check goes on: a closure that takes a [`CheckEvent`], or an [`Observer`].
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }
}

/// Is told how a check goes on, as it does: for progress, or to act on a result before the last one is there.
///
/// Called between two steps of the check, so it must return soon.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: CheckEvent<'_>);
}

impl<F: Fn(CheckEvent<'_>) + Send + Sync> Observer for F {
    fn event(&self, event: CheckEvent<'_>) {
        self(event);
    }
}

impl fmt::Debug for dyn Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// Something that happened during a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckEvent<'a> {
    /// Which target, counted from 0 in the order given.
    pub target: usize,
    /// Which of its endpoints.
    pub endpoint: &'a Endpoint,
    /// What happened there.
    pub happened: Happened,
}

/// What happened at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// It entered a stage. An observer that is slow may miss some.
    Entered(Stage),
    /// The route to it is being traced; it is finished thereafter.
    Tracing,
    /// It is finished, with this state. What the state is worth may depend on endpoints that are not finished.
    Finished(State),
}
