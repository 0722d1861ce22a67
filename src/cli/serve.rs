//! `mailprobe serve`: its arguments, and the service from its start to its end.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use listenfd::ListenFd;
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

    /// A name by which the service is asked over a loopback address, as by a reverse proxy; may be repeated
    #[arg(long, value_name = "NAME")]
    web_host: Vec<String>,

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
    // While there is one thread: it takes variables out of the environment.
    let inherited = inherited_sockets()?;
    threads::run_in(Builder::new_multi_thread(), wanted.drive(inherited))
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
    async fn drive(self, inherited: Vec<TcpListener>) -> Result<End, u8> {
        let Self { arguments, mut options, strict, .. } = self;
        let ServeArguments { mut listen, web_host, web_config, state, allow, .. } = arguments;
        if listen.is_empty() && inherited.is_empty() {
            listen.push(SocketAddr::from(([127, 0, 0, 1], 9725)));
        }
        options.bounds = Some(SharedBounds::new(options.concurrency, options.per_address, options.rate));
        let allow = (!allow.is_empty()).then_some(AllowList(allow));
        let load = Load(Box::new(move || settings(&options, strict, allow.clone())));
        let orders = signals::orders()
            .map_err(|error| fail(format!("cannot install the Ctrl-C handler: {error}"), exit::LOCAL))?;
        let start = ServeOptions {
            listen,
            inherited,
            server_names: web_host,
            web_config,
            state,
            limits: EngineLimits::default(),
        };
        match serve(start, load, orders).await {
            Ok(()) => Ok(End::Code(0)),
            Err(ServeError::Settings(mistake)) => Err(fail(mistake, exit::USAGE)),
            Err(error) => Err(fail(error, exit::LOCAL)),
        }
    }
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
