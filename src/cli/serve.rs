//! `mailprobe serve`: its arguments, and the service from its start to its end.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use tokio::runtime::Builder;
use tracing::Level;

use super::console::{self, fail};
use super::exit::{self, End};
use super::{signals, threads};
use crate::blocked::InvestigationOptions;
use crate::policy::Policy;
use crate::probe::{Options, Prober, SharedBounds};
use crate::serve::{
    AllowList, AllowPattern, EngineLimits, Load, Module, ModuleKind, ServeError, ServeOptions, ServeSettings, serve,
};

/// How long a check may take where nobody says otherwise; as with `blackbox_exporter`.
const USUAL_LIMIT: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// Where to listen; may be repeated [default: 127.0.0.1:9725]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Vec<SocketAddr>,

    /// The configuration file: modules, targets; `mailprobe explain config` describes it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// TLS and logins, in a file as Prometheus' exporters have it
    #[arg(long, value_name = "FILE")]
    web_config: Option<PathBuf>,

    /// Keep what was seen in this database
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Check only such targets on request: a host, *.example.org, 192.0.2.0/24, or * for all; may be repeated
    #[arg(long, value_name = "PATTERN")]
    allow: Vec<AllowPattern>,
}

#[derive(Debug)]
pub(super) struct Serve {
    arguments: ServeArguments,
    options: Options,
    strict: bool,
    log: Level,
}

impl ServeArguments {
    pub(super) fn into_request(self, options: Options, strict: bool, log: Option<Level>) -> Serve {
        Serve { arguments: self, options, strict, log: log.unwrap_or(Level::INFO) }
    }
}

pub(super) fn run(wanted: Serve) -> Result<End, u8> {
    console::log(wanted.log);
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(worker_threads());
    threads::run_in(runtime, wanted.drive())
}

impl Serve {
    async fn drive(self) -> Result<End, u8> {
        let Self { arguments, mut options, strict, .. } = self;
        let ServeArguments { mut listen, web_config, state, allow, .. } = arguments;
        if listen.is_empty() {
            listen.push(SocketAddr::from(([127, 0, 0, 1], 9725)));
        }
        options.bounds = Some(SharedBounds::new(options.concurrency, options.per_address, options.rate));
        let allow = (!allow.is_empty()).then_some(AllowList(allow));
        if allow.is_none() && listen.iter().any(|address| !is_loopback(address.ip())) {
            return Err(fail("name whom to check with --allow, or listen on loopback only", exit::USAGE));
        }
        let load = Load(Box::new(move || settings(&options, strict, allow.clone())));
        let mut signals = signals::listen()
            .map_err(|error| fail(format!("cannot install the Ctrl-C handler: {error}"), exit::LOCAL))?;
        let stop = async move {
            signals.next().await;
        };
        let start = ServeOptions { listen, web_config, state, limits: EngineLimits::default() };
        match serve(start, load, stop).await {
            Ok(()) => Ok(End::Code(0)),
            Err(ServeError::Settings(mistake)) => Err(fail(mistake, exit::USAGE)),
            Err(error) => Err(fail(error, exit::LOCAL)),
        }
    }
}

/// Each thread has an arena of the allocator to itself, and two are busy with some thousand ports a second.
fn worker_threads() -> usize {
    const ENOUGH: usize = 4;
    available_parallelism().map_or(1, |cores| cores.get().min(ENOUGH))
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The settings where there is no file.
fn settings(options: &Options, strict: bool, allow: Option<AllowList>) -> Result<ServeSettings, String> {
    let prober = Prober::new(options.clone()).map_err(|error| error.to_string())?;
    let ports = ModuleKind::Ports { prober, policy: Policy { strict, ..Policy::default() } };
    let blocked = ModuleKind::Blocked(Box::new(InvestigationOptions::new(Vec::new(), options.clone())));
    let modules = [(ServeSettings::DEFAULT_MODULE, ports), ("blocked", blocked)]
        .map(|(name, kind)| (name.to_owned(), Arc::new(Module { name: name.to_owned(), kind, limit: USUAL_LIMIT })));
    Ok(ServeSettings { modules: BTreeMap::from(modules), allow, ..ServeSettings::default() })
}
