//! The configuration of mail programs with its digest in the DNS (draft-ietf-mailmaint-pacc).

use super::policy_record::PolicyRecord;
use crate::observation::discovery::NamedServer;

/// What was published for the configuration of mail programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentConfig {
    /// The TXT record at `_ua-auto-config.DOMAIN`: the digests that it gives, any of which will do.
    pub record: PolicyRecord<Vec<AgentConfigDigest>>,
    /// `https://ua-auto-config.DOMAIN/.well-known/user-agent-configuration.json`
    pub url: String,
    /// The servers that the file names, or why there are none. `None`: there was no record, so it was not fetched, or it had not
    /// come by the end of the check.
    pub servers: Option<Result<Vec<NamedServer>, AgentConfigFailure>>,
    /// The file's SHA-256, where it came.
    pub sha256: Option<Vec<u8>>,
    /// The TXT record that would be right for the file, where it came.
    pub right: Option<String>,
}

impl AgentConfig {
    /// Whether the file is the one that the DNS vouches for; `None` where there is no file, or no digest that can be compared.
    /// Mail programs use no other.
    pub fn is_vouched_for(&self) -> Option<bool> {
        let PolicyRecord::Good { record, .. } = &self.record else { return None };
        let sha256 = self.sha256.as_ref()?;
        let mut comparable = record.iter().filter(|one| one.algorithm.eq_ignore_ascii_case("sha256")).peekable();
        comparable.peek()?;
        Some(comparable.any(|one| one.digest == *sha256))
    }
}

/// Why a file names no servers: the words, which may be hostile text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentConfigFailure {
    /// This machine, its network or an option of the run kept it from being asked for.
    NotFromHere(String),
    /// It was asked for, and did not come.
    Unreachable(String),
    /// It came, and cannot be used.
    Unusable(String),
}

impl AgentConfigFailure {
    /// What happened, as a clause.
    pub fn words(&self) -> &str {
        match self {
            Self::NotFromHere(words) | Self::Unreachable(words) | Self::Unusable(words) => words,
        }
    }
}

/// A digest of the file, as the DNS gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentConfigDigest {
    /// `sha256`
    pub algorithm: String,
    pub digest: Vec<u8>,
}
