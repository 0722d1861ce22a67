//! The options and commands, as clap reads them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tracing::Level;

use super::suggesting::suggesting;
#[cfg(feature = "serve")]
use super::text::SERVE_EXAMPLES;
use super::text::{
    ABOUT, AFTER_HELP, BLOCKED_EXAMPLES, COMPLETIONS_EXAMPLES, EXPLAIN_EXAMPLES, MAN_EXAMPLES, PORTS_EXAMPLES,
    PROVIDERS_EXAMPLES, RCPT_EXAMPLES,
};
use crate::cli::blocked;
use crate::cli::credential::LoginChoices;
use crate::cli::expect::ExpectChoices;
use crate::cli::files::{OutputFile, output_file};
use crate::cli::list::{ListChoices, PaceChoices};
use crate::cli::output::{Output, PageChoices};
use crate::cli::pages;
use crate::cli::rcpt;
#[cfg(feature = "serve")]
use crate::cli::serve;
use crate::cli::steps::StepChoices;
use crate::cli::values::{ADDRESSES, SECURITIES, SOURCES, TRACES, TRUST_STORES, count, duration, one_of, server_name};
use crate::cli::wait::WaitChoices;
use crate::cli::watch::WatchChoices;
use crate::policy::Addresses;
use crate::probe::{Options, PolicyLookups, Trace};
use crate::resolve::{TrustAnchor, parse_dns_server};
use crate::service::Security;
use crate::target::{HeloName, Host, Source};
use crate::transport::trust::TrustStore;

#[derive(Debug, Parser)]
#[command(
    name = "mailprobe",
    version,
    disable_version_flag = true,
    about = ABOUT,
    max_term_width = 80,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = false,
    subcommand_precedence_over_arg = true,
    disable_help_subcommand = true,
    subcommand_help_heading = "Other commands",
    override_usage = "mailprobe [OPTIONS] <TARGET>...\n       mailprobe [OPTIONS] <COMMAND>",
)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) check: CheckLine,

    #[command(subcommand)]
    pub(super) command: Option<Subcommands>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: Option<bool>,
}

/// A command line that asks for checks.
#[derive(Debug, Args)]
pub(super) struct CheckLine {
    #[arg(
        value_name = "TARGET",
        help = "What to check: a host, host:port, [IPv6]:port, a URL such as smtps://host, @domain, or a mail address"
    )]
    pub(super) targets: Vec<String>,

    #[command(flatten)]
    pub(super) choices: CheckChoices,
}

/// The other commands, each with the options that it takes.
#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// Is outbound port 25 blocked here, where, and by whom?
    #[command(after_help = BLOCKED_EXAMPLES)]
    Blocked(Box<BlockedChoices>),
    /// Would a stranger's mail for this recipient be taken? Asks with MAIL FROM and RCPT TO, and sends nothing
    #[command(after_help = RCPT_EXAMPLES, override_usage = "mailprobe rcpt [OPTIONS] <USER@DOMAIN>")]
    Rcpt(Box<RcptChoices>),
    /// Check on request and by itself: for Prometheus, and for a browser
    #[cfg(feature = "serve")]
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<ServeChoices>),
    /// The mail ports, explained: what each is for, and which one to use
    #[command(after_help = PORTS_EXAMPLES)]
    Ports {
        /// Explain only these: numbers, or names such as submission
        #[arg(value_name = "PORT", value_parser = suggesting(pages::port_names), hide_possible_values = true)]
        named: Vec<String>,
        #[command(flatten)]
        page: PageChoices,
    },
    /// The built-in settings of well-known mail providers
    #[command(after_help = PROVIDERS_EXAMPLES)]
    Providers {
        /// Show this one: its short name, or its mail domain
        #[arg(value_parser = suggesting(pages::provider_names), hide_possible_values = true)]
        name: Option<String>,
        #[command(flatten)]
        page: PageChoices,
    },
    /// What a state, a finding, a server's reply or a word of a report means, and what to do about it
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// A name or a word from the report, a reply such as 554, or config; without one, all are listed
        #[arg(value_name = "NAME", value_parser = suggesting(pages::explained_names), hide_possible_values = true)]
        words: Vec<String>,
        #[command(flatten)]
        page: PageChoices,
    },
    /// A completion script for a shell, on standard output
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// The manual pages, on standard output
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Which page: a command, or config for the configuration file; without one, that of mailprobe itself
        #[arg(value_enum, hide_possible_values = true)]
        page: Option<ManualPage>,
    },
}

/// What `mailprobe blocked` takes.
#[derive(Debug, Args)]
pub(super) struct BlockedChoices {
    #[command(flatten)]
    pub(super) question: blocked::Arguments,
    #[command(flatten)]
    pub(super) probing: ProbingChoices,
    #[command(flatten)]
    pub(super) report: ReportChoices,
}

/// What `mailprobe rcpt` takes.
#[derive(Debug, Args)]
pub(super) struct RcptChoices {
    #[command(flatten)]
    pub(super) question: rcpt::RcptArguments,
    #[command(flatten)]
    pub(super) judging: JudgingChoices,
    #[command(flatten)]
    pub(super) connection: ConnectionChoices,
    #[command(flatten)]
    pub(super) time: TimeChoices,
    #[command(flatten)]
    pub(super) login: LoginChoices,
    #[command(flatten)]
    pub(super) report: ReportChoices,
}

/// What `mailprobe serve` takes.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
pub(super) struct ServeChoices {
    #[command(flatten)]
    pub(super) service: serve::ServeArguments,
    #[command(flatten)]
    pub(super) reach: ReachChoices,
    #[command(flatten)]
    pub(super) probing: ProbingChoices,

    /// Log to standard error [default: info]
    #[arg(long, help_heading = "Output", value_name = "LEVEL", value_parser = PossibleValuesParser::new(LOG_LEVELS).try_map(|level| level.parse::<Level>()))]
    pub(super) log: Option<Level>,
}

/// The pages that `mailprobe man` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in super::super) enum ManualPage {
    #[default]
    #[value(hide = true)]
    Mailprobe,
    #[value(alias = "mailprobe-blocked")]
    Blocked,
    #[value(alias = "mailprobe-rcpt")]
    Rcpt,
    #[cfg(feature = "serve")]
    #[value(alias = "mailprobe-serve")]
    Serve,
    #[value(alias = "mailprobe-ports")]
    Ports,
    #[value(alias = "mailprobe-providers")]
    Providers,
    #[value(alias = "mailprobe-explain")]
    Explain,
    #[value(alias = "mailprobe-completions")]
    Completions,
    #[value(alias = "mailprobe-man")]
    Man,
    #[value(alias = "mailprobe.toml")]
    Config,
}

/// The options of a check of targets.
#[derive(Debug, Args)]
pub(super) struct CheckChoices {
    #[command(flatten)]
    pub(super) subject: SubjectChoices,
    #[command(flatten)]
    pub(super) expect: ExpectChoices,
    #[command(flatten)]
    pub(super) many: ListChoices,
    #[command(flatten)]
    pub(super) probing: ProbingChoices,
    #[command(flatten)]
    pub(super) steps: StepChoices,
    #[command(flatten)]
    pub(super) login: LoginChoices,
    #[command(flatten)]
    pub(super) waiting: WaitChoices,
    #[command(flatten)]
    pub(super) watching: WatchChoices,
    #[command(flatten)]
    pub(super) report: ReportChoices,

    /// Also write the results to a file, as in junit=report.xml; may be repeated
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = output_file, help_heading = "Output")]
    pub(super) files: Vec<OutputFile>,
}

/// The options of everything that connects to servers.
#[derive(Debug, Args)]
pub(super) struct ProbingChoices {
    #[command(flatten)]
    pub(super) judging: JudgingChoices,
    #[command(flatten)]
    pub(super) connection: ConnectionChoices,
    #[command(flatten)]
    pub(super) time: TimeChoices,
    #[command(flatten)]
    pub(super) pace: PaceChoices,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to check")]
pub(super) struct SubjectChoices {
    /// Check only these ports, as in 25,587; all of them must pass
    #[arg(long, value_name = "PORTS")]
    pub(super) ports: Option<String>,

    /// Where to look up the servers of a mail domain; ispdb, asked if the domain has no autoconfiguration file, tells its
    /// name to a third party, v1.ispdb.net [default: all of them]
    #[arg(
        long, value_parser = one_of(SOURCES),
        value_name = "SOURCES",
        value_delimiter = ',',
        hide_default_value = true,
        default_value = "mx,srv,pacc,autoconfig,ispdb,builtin"
    )]
    pub(super) from: Vec<Source>,

    /// For a mail domain, also try the usual names: mail, smtp, imap, pop
    #[arg(long)]
    pub(super) guess: bool,

    #[command(flatten)]
    pub(super) promises: PromiseChoices,

    /// How the connection is encrypted, whatever the port
    #[arg(long, value_parser = one_of(SECURITIES), value_name = "HOW")]
    pub(super) security: Option<Security>,

    /// Which addresses of a host must pass
    #[arg(long, value_parser = one_of(ADDRESSES), env = "MAILPROBE_ADDRESSES", value_name = "WHICH", default_value = "all")]
    pub(super) addresses: Addresses,

    #[command(flatten)]
    pub(super) reach: ReachChoices,

    /// Run the checks in this configuration file; `mailprobe explain config` describes it
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Only show what would be checked
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// How far a check goes.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "What to check")]
pub(super) struct ReachChoices {
    /// At most how many ports of how many addresses to check of one target: the first address of each host first, mail
    /// exchangers before others
    #[arg(long, value_name = "N", value_parser = count(1..=u32::MAX), default_value = "64")]
    max_endpoints: u32,

    /// Connect to public addresses only, whatever names and records lead to: for services that check other people's
    /// domains
    #[arg(long, value_parser = FalseyValueParser::new(), env = "MAILPROBE_NO_PRIVATE")]
    no_private: bool,

    /// Trace the route to ports that cannot be reached: at which hop does it stop? --trace=always traces every port:
    /// the only way to detect a proxy that answers flawlessly in place of the server (Linux)
    #[arg(
        long, value_parser = one_of(TRACES),
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "never",
        default_missing_value = "failed",
        hide_default_value = true,
        hide_possible_values = true
    )]
    trace: Trace,
}

impl ReachChoices {
    pub(super) fn apply(self, options: &mut Options) {
        options.plan.max_endpoints = usize::try_from(self.max_endpoints).unwrap_or(usize::MAX);
        options.public_only = self.no_private;
        options.trace = self.trace;
    }
}

/// Whose promises are looked up.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "What to check")]
pub(super) struct PromiseChoices {
    /// Also look up the promises (DANE, MTA-STS and others) of mail addresses and of a list's hosts; those of @domain are
    /// looked up anyway
    #[arg(long, conflicts_with_all = ["no_policies", "server_name"])]
    policies: bool,

    /// Look up no promises about the servers (DANE, MTA-STS and others)
    #[arg(long)]
    no_policies: bool,
}

impl PromiseChoices {
    /// Whose; where some are expected, everybody's.
    pub(super) fn lookups(self, are_expected: bool) -> PolicyLookups {
        match self {
            Self { no_policies: true, .. } => PolicyLookups::Nobody,
            Self { policies: true, .. } => PolicyLookups::All,
            _ if are_expected => PolicyLookups::All,
            _ => PolicyLookups::Usual,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to check")]
pub(super) struct JudgingChoices {
    /// Use only IPv4
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub(super) ipv4: bool,

    /// Use only IPv6
    #[arg(short = '6', long)]
    pub(super) ipv6: bool,

    /// Treat warnings as failures
    #[arg(long, value_parser = FalseyValueParser::new(), env = "MAILPROBE_STRICT")]
    pub(super) strict: bool,
}

fn trust_anchor(path: &str) -> Result<TrustAnchor, String> {
    TrustAnchor::from_file(Path::new(path)).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionChoices {
    /// Use this DNS server instead of the system's
    #[arg(long, env = "MAILPROBE_DNS_SERVER", value_name = "IP[:PORT]", value_parser = parse_dns_server)]
    pub(super) dns_server: Option<SocketAddr>,

    /// Begin DNSSEC validation at the DNSKEY or DS records in FILE, instead of the root's keys
    #[arg(long, env = "MAILPROBE_DNSSEC_ANCHOR", value_name = "FILE", value_parser = trust_anchor)]
    pub(super) dnssec_anchor: Option<TrustAnchor>,

    /// The name to send with EHLO, instead of this machine's own
    #[arg(long, env = "MAILPROBE_HELO", value_name = "NAME")]
    pub(super) helo: Option<HeloName>,

    /// The name that the certificate must match, instead of the host's
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    pub(super) server_name: Option<Host>,

    /// Which CAs to trust: Mozilla's list (webpki) or this system's
    #[arg(long, value_parser = one_of(TRUST_STORES), env = "MAILPROBE_TRUST", value_name = "STORE", default_value = "webpki")]
    pub(super) trust: TrustStore,

    /// Also trust the certificates in FILE (PEM or DER); may be repeated
    #[arg(long, env = "MAILPROBE_CA_FILE", value_name = "FILE")]
    pub(super) ca_file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Time")]
pub(super) struct TimeChoices {
    /// How long connecting may take: 5s, 250ms, 1m30s [default: 5s; less for a port that is silent beside others]
    #[arg(long, env = "MAILPROBE_CONNECT_TIMEOUT", value_name = "TIME", value_parser = duration)]
    pub(super) connect_timeout: Option<Duration>,

    /// How long one port of one address may take in total
    #[arg(long, env = "MAILPROBE_TIMEOUT", value_name = "TIME", default_value = "45s", value_parser = duration)]
    pub(super) timeout: Duration,

    /// How long the whole run may take [default: no limit]
    #[arg(long, env = "MAILPROBE_DEADLINE", value_name = "TIME", value_parser = duration)]
    pub(super) deadline: Option<Duration>,
}

/// How much mailprobe may tell of its own doings.
const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// How a report is to look.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ReportChoices {
    #[command(flatten)]
    page: PageChoices,

    /// Include the dialogue with each server in the JSON
    #[arg(long)]
    transcript: bool,

    /// Also show every stage, the certificate and the dialogue
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,

    /// Show only what needs attention
    #[arg(short, long)]
    quiet: bool,

    /// Log to standard error
    #[arg(long, value_name = "LEVEL", value_parser = PossibleValuesParser::new(LOG_LEVELS).try_map(|level| level.parse::<Level>()))]
    log: Option<Level>,
}

impl ReportChoices {
    /// Whether the whole dialogue is kept, however long it is.
    pub(super) fn keeps_all_that_is_said(&self) -> bool {
        self.transcript
    }

    /// How to show results.
    pub(super) fn output(&self) -> Output {
        let Self { page: PageChoices { format, color }, transcript, verbose, quiet, log } = *self;
        Output { format, color, transcript, verbose, quiet, log }
    }
}
