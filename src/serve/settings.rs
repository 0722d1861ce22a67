//! What can be changed while the daemon runs: what the configuration file says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::allow::AllowList;
use super::web_config::WebConfig;
use crate::blocked::InvestigationOptions;
use crate::policy::Policy;
use crate::probe::Prober;
use crate::target::{Quoted, Target, TargetSpec};

/// What the configuration says. Everything in it is checked, files that it names are read.
#[derive(Debug, Clone, Default)]
pub struct ServeSettings {
    /// By name. `default` is always there.
    pub modules: BTreeMap<String, Arc<Module>>,
    /// What is checked without being asked for.
    pub watched: Vec<WatchedTarget>,
    /// Who may be checked on request; `None`: whoever is asked for, which is for loopback and logins only.
    pub allow: Option<AllowList>,
    /// Where changes are sent.
    pub webhook: Option<WebhookSettings>,
    /// How requests come in.
    pub web: Arc<WebConfig>,
}

impl ServeSettings {
    /// The module of requests that name none.
    pub const DEFAULT_MODULE: &'static str = "default";
    /// The module that is there by itself, beside the default one.
    pub const BLOCKED_MODULE: &'static str = "blocked";
}

/// Where changes are sent, by POST.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// It may hold a secret: of it only the host is for a log.
    pub url: url::Url,
    /// The value of the header `Authorization`.
    pub authorization: Option<Authorization>,
}

/// The value of the header `Authorization`: a secret, which is visible ASCII and shows in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(Zeroizing<String>);

impl Authorization {
    /// What a bearer shows (RFC 6750). `None`: no token can be like that.
    pub fn bearer(token: &str) -> Option<Self> {
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Self(Zeroizing::new(format!("Bearer {token}"))))
    }

    pub fn header(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(…)")
    }
}

/// How to check.
#[derive(Debug)]
pub struct Module {
    pub name: String,
    pub kind: ModuleKind,
    /// How long a check may take, at most.
    pub limit: Duration,
}

impl Module {
    /// Reads what it is asked to check; nothing is asked of one that needs no target. The error is one line.
    pub fn targets(&self, typed: &str) -> Result<Vec<Target>, String> {
        match &self.kind {
            ModuleKind::Ports { .. } if typed.is_empty() => Err("It does not say what to check.".to_owned()),
            ModuleKind::Ports { .. } => Target::parse_line(typed).map_err(|error| error.to_string()),
            ModuleKind::Blocked(_) if typed.is_empty() => Ok(Vec::new()),
            ModuleKind::Blocked(_) => {
                let targets = Target::parse_line(typed).map_err(|error| error.to_string())?;
                if targets.iter().all(|target| matches!(target.spec, TargetSpec::Host(_))) {
                    return Ok(targets);
                }
                let quoted = Quoted::new(typed);
                Err(format!("{quoted} is not a host alone, as {} wants it: mail.example.org, or nothing.", self.name))
            }
        }
    }
}

#[derive(Debug)]
pub enum ModuleKind {
    /// The ports of a target.
    Ports { prober: Arc<Prober>, policy: Policy },
    /// Whether port 25 is blocked from here. Its target is a mail host of one's own, or none.
    Blocked(Box<InvestigationOptions>),
}

/// A target that is checked again and again.
#[derive(Debug, Clone)]
pub struct WatchedTarget {
    /// As typed; empty where the module needs none (`blocked`).
    pub typed: String,
    pub targets: Vec<Target>,
    pub module: Arc<Module>,
    pub interval: Duration,
}
