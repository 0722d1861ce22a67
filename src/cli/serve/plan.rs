//! `mailprobe serve --dry-run`: what would be served.

use std::time::Duration;

use jiff::SignedDuration;

use crate::cli::checks::Check;
use crate::cli::config::ServiceFile;
use crate::cli::dry_run;
use crate::probe::RunKind;
use crate::report::sanitize::{Charset, escape, orders};
use crate::serve::{Module, ModuleKind, ServeSettings, WatchedTarget};
use crate::words::{joined, ports};

/// For a file without targets that has checks.
pub(super) const ONLY_CHECKS: &str =
    "its [[check]] tables are for `mailprobe --config`, and are not checked here: [[targets]] tables are";

/// Modules first, then what is checked by itself, then what may be asked for.
pub(super) fn describe(file: &ServiceFile) -> String {
    let ServeSettings { modules, watched, allow, webhook, .. } = &file.settings;
    let mut blocks: Vec<String> = modules.values().map(|module| of_module(module)).collect();
    blocks.extend(watched.iter().map(of_target));
    let mut rest = vec![match allow {
        Some(allow) if allow.0.is_empty() => "Nothing is checked on request.".to_owned(),
        Some(allow) => {
            let patterns: Vec<String> = allow.0.iter().map(ToString::to_string).collect();
            format!("Checked on request: {}", patterns.join(", "))
        }
        None if watched.is_empty() => "Checked on request: everything, for this machine alone".to_owned(),
        None => "Checked on request: everything for this machine, these targets for others".to_owned(),
    }];
    if let Some(host) = webhook.as_ref().and_then(|webhook| webhook.url.host_str()) {
        rest.push(format!("Changes are sent to {host}"));
    }
    if file.has_only_checks {
        rest.push(format!("Note: {ONLY_CHECKS}"));
    }
    blocks.push(rest.join("\n") + "\n");
    blocks.join("\n")
}

fn of_module(module: &Module) -> String {
    let mut lines = vec![format!("Module {}", module.name)];
    match &module.kind {
        ModuleKind::Ports { prober, policy } => {
            let check = Check { targets: Vec::new(), options: prober.options.clone(), policy: policy.clone() };
            lines.push(match &check.options.plan.ports {
                None => "all mail ports of a host".to_owned(),
                Some(named) => {
                    let numbers: Vec<u16> = named.iter().map(|port| port.port).collect();
                    format!("of a host, {}", ports(&numbers))
                }
            });
            lines.extend(dry_run::rules(&check));
        }
        ModuleKind::Blocked(options) => {
            lines.push("whether outbound port 25 is blocked here".to_owned());
            if !options.hosts.is_empty() {
                lines.push(format!("tried at {}", joined(&options.hosts)));
            }
        }
    }
    lines.push(format!("at most {} for each check", shown(module.limit)));
    lines.join("\n  ") + "\n"
}

fn of_target(watched: &WatchedTarget) -> String {
    let how = format!("Every {}, by the module {}", shown(watched.interval), watched.module.name);
    match &watched.module.kind {
        ModuleKind::Ports { prober, policy } => {
            let check =
                Check { targets: watched.targets.clone(), options: prober.options.clone(), policy: policy.clone() };
            format!("{how}:\n{}", dry_run::describe(&[check], RunKind::Named))
        }
        ModuleKind::Blocked(_) if watched.typed.is_empty() => format!("{how}\n"),
        ModuleKind::Blocked(_) => {
            let typed = escape(&watched.typed, Charset::Unicode);
            format!("{how}:\n{}\n", orders::disarm(&typed))
        }
    }
}

/// As people write it: `1m 30s`.
fn shown(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| "any time".to_owned(), |time| format!("{time:#}"))
}
