//! `mailprobe serve`: its arguments, and the service from its start to its end.

mod listen;
mod plan;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;
use listenfd::ListenFd;
use tokio::runtime::Builder;
use tracing::Level;

use super::checks::Check;
use super::config::{ServiceBase, ServiceFile, read_service};
use super::console::{self, fail};
use super::exit::{self, End};
use super::list::PaceChoices;
use super::values::count;
use super::{signals, threads};
use crate::policy::Policy;
use crate::probe::{Options, SERVICE_CONCURRENCY, SERVICE_PER_ADDRESS, SharedBounds};
use crate::serve::{AllowPattern, EngineLimits, Load, ServeError, ServeOptions, serve};
use crate::target::Quoted;

/// How long a check may take where nobody says otherwise; as with `blackbox_exporter`.
const USUAL_LIMIT: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(super) struct ServeArguments {
    /// Where to listen: an address and a port, or :9725 for all addresses; may be repeated [default: 127.0.0.1:9725]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen::address)]
    listen: Vec<SocketAddr>,

    /// The file with modules and targets; `mailprobe explain config` describes it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// A name by which the service is asked over a loopback address, as by a reverse proxy; may be repeated
    #[arg(long, value_name = "NAME")]
    web_host: Vec<String>,

    /// TLS and logins for those who ask, in a file as the exporters of Prometheus have it
    #[arg(long, value_name = "FILE")]
    web_config: Option<PathBuf>,

    /// Keep what was seen in this database
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Check only such targets on request: a host, *.example.org, @example.org, 192.0.2.0/24, or * for all; may be repeated
    #[arg(long, value_name = "PATTERN")]
    allow: Vec<AllowPattern>,

    /// How many checks may run at the same time; others wait
    #[arg(long, value_name = "N", value_parser = count(1..=10_000), default_value = "256")]
    max_checks: u32,

    /// Only show what would be served
    #[arg(long)]
    dry_run: bool,

    /// What is no option.
    #[arg(hide = true, id = "words")]
    words: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Serve {
    arguments: ServeArguments,
    base: ServiceBase,
    pace: PaceChoices,
    log: Level,
}

impl ServeArguments {
    /// The bounds of a service; those that the user sets come on top.
    pub(super) fn bounds() -> Options {
        Options { concurrency: SERVICE_CONCURRENCY, per_address: Some(SERVICE_PER_ADDRESS), ..Options::default() }
    }

    pub(super) fn into_request(
        mut self,
        mut options: Options,
        strict: bool,
        pace: PaceChoices,
        log: Option<Level>,
    ) -> Result<Serve, String> {
        if let Some(word) = self.words.first() {
            return Err(if word == "help" {
                "write `mailprobe serve --help`".to_owned()
            } else {
                format!(
                    "`serve` takes no target, and {} is one: ask for it at /probe?target=…, or name it in a file for --config",
                    Quoted::new(word)
                )
            });
        }
        let allow = std::mem::take(&mut self.allow);
        let limit = options.deadline.take().unwrap_or(USUAL_LIMIT);
        let policy = Policy { strict, ..Policy::default() };
        let base = ServiceBase { check: Check { targets: Vec::new(), options, policy }, limit, allow };
        Ok(Serve { arguments: self, base, pace, log: log.unwrap_or(Level::INFO) })
    }
}

pub(super) fn run(wanted: Serve) -> Result<End, u8> {
    if wanted.arguments.dry_run {
        let file = wanted.read().map_err(|mistake| fail(mistake, exit::USAGE))?;
        return console::write(plan::describe(&file).as_bytes()).map(|()| End::Code(0));
    }
    console::log(wanted.log);
    wanted.pace.make_room(&wanted.base.check.options, true);
    // While there is one thread: it takes variables out of the environment.
    let inherited = inherited_sockets()?;
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(worker_threads());
    threads::run_in(runtime, wanted.drive(inherited))
}

/// The sockets that systemd has started this process with.
fn inherited_sockets() -> Result<Vec<TcpListener>, u8> {
    let mut sockets = ListenFd::from_env();
    let taken = (0..sockets.len()).filter_map(|place| sockets.take_tcp_listener(place).transpose());
    let taken: io::Result<Vec<_>> = taken.collect();
    taken.map_err(|error| {
        fail(format!("a socket that mailprobe was started with is not a TCP one: {error}"), exit::LOCAL)
    })
}

impl Serve {
    fn read(&self) -> Result<ServiceFile, String> {
        read_service(self.arguments.config.as_deref(), &self.base)
    }

    async fn drive(self, inherited: Vec<TcpListener>) -> Result<End, u8> {
        let Self { arguments, mut base, .. } = self;
        let ServeArguments { mut listen, config, web_host, web_config, state, max_checks, .. } = arguments;
        if listen.is_empty() && inherited.is_empty() {
            listen.push(SocketAddr::from(([127, 0, 0, 1], 9725)));
        }
        let options = &mut base.check.options;
        // Made once: after a reload, too, no server is connected to more often.
        options.bounds = Some(SharedBounds::new(options.concurrency, options.per_address, options.rate));
        let load = Load(Box::new(move || {
            let ServiceFile { settings, has_only_checks } = read_service(config.as_deref(), &base)?;
            if let Some(path) = config.as_deref().filter(|_| has_only_checks) {
                warn_of_checks(path);
            }
            Ok(settings)
        }));
        let orders = signals::orders()
            .map_err(|error| fail(format!("cannot install the Ctrl-C handler: {error}"), exit::LOCAL))?;
        let limits =
            EngineLimits { running: usize::try_from(max_checks).unwrap_or(usize::MAX), ..EngineLimits::default() };
        let start = ServeOptions { listen, inherited, server_names: web_host, web_config, state, limits };
        match serve(start, load, orders).await {
            Ok(()) => Ok(End::Code(0)),
            Err(ServeError::Settings(mistake)) => Err(fail(mistake, exit::USAGE)),
            Err(error) => Err(fail(error, exit::LOCAL)),
        }
    }
}

fn warn_of_checks(path: &Path) {
    tracing::warn!("{}: {}", path.display(), plan::ONLY_CHECKS);
}

/// Each thread has an arena of the allocator to itself, and two are busy with some thousand ports a second.
fn worker_threads() -> usize {
    const ENOUGH: usize = 4;
    available_parallelism().map_or(1, |cores| cores.get().min(ENOUGH))
}
