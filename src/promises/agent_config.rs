//! The configuration of mail programs with its digest in the DNS (draft-ietf-mailmaint-pacc, as its public
//! implementations read version 02).

use std::time::Duration;

use aws_lc_rs::digest;
use data_encoding::BASE64;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Patience;
use super::excerpt::excerpt;
use super::fetch::{fetch, is_of_here};
use super::text_record::{Announcement, bad_value, found, unannounced};
use crate::observation::LookupFailure;
use crate::observation::discovery::NamedServer;
use crate::observation::promises::{AgentConfig, AgentConfigDigest, AgentConfigFailure, PolicyRecord, RecordFault};
use crate::service::Service;
use crate::target::Host;
use crate::web::{FetchError, HttpReply, WebContext};
use crate::words::distinct;

const ANNOUNCEMENT: Announcement = Announcement { version: "UAAC1", family: "uaac" };

/// Nothing of the servers that it names is probed before it is there, so the wait is kept short.
const FETCH_LIMIT: Duration = Duration::from_secs(6);

/// What the file names, and the service: each with TLS from the start, on its usual port.
const PROTOCOLS: [(&str, Service); 3] =
    [("imap", Service::Imaps), ("pop3", Service::Pop3s), ("smtp", Service::Submissions)];

/// The look-up for one target, made once at most: it is a promise of the domain, and a source of its servers. Whoever needs a
/// part of it first asks for it, and the others wait for that answer, each as long as its own patience lasts.
#[derive(Debug, Default)]
pub struct AgentConfigLookup {
    texts: OnceCell<Result<Vec<String>, LookupFailure>>,
    file: OnceCell<Result<Vec<u8>, AgentConfigFailure>>,
}

impl AgentConfigLookup {
    /// The record, and the file only where there is one: nobody's web server is asked without need.
    pub async fn result(&self, domain: &str, context: WebContext<'_>, patience: &Patience) -> AgentConfig {
        let name = format!("_ua-auto-config.{domain}");
        let asking = async { self.texts.get_or_init(|| context.resolver.txt(&name)).await.clone() };
        let record = record(patience.wait_for(asking).await);
        let url = format!("https://ua-auto-config.{domain}/.well-known/user-agent-configuration.json");
        let file = match record {
            PolicyRecord::Good { .. } => patience.wait(self.file.get_or_init(|| file(&url, context))).await,
            _ => None,
        };
        let sha256 = file.and_then(|file| file.as_ref().ok()).map(|body| sha256(body));
        let right = sha256.as_ref().map(|digest| format!("v=UAAC1; a=sha256; d={}", BASE64.encode(digest)));
        let servers = file.map(|file| match file {
            Ok(body) => servers(body).map_err(AgentConfigFailure::Unusable),
            Err(failure) => Err(failure.clone()),
        });
        AgentConfig { record, url, servers, sha256, right }
    }
}

async fn file(url: &str, context: WebContext<'_>) -> Result<Vec<u8>, AgentConfigFailure> {
    use AgentConfigFailure::{NotFromHere, Unreachable};
    match fetch(url, "application/json", FETCH_LIMIT, context).await {
        Ok(HttpReply::File(file)) => Ok(file.body),
        Ok(HttpReply::Redirect(location)) => Err(Unreachable(format!("it redirects to {}", excerpt(&location)))),
        Err(FetchError::NotFromHere { reason, .. }) => Err(NotFromHere(reason)),
        Err(FetchError::Lookup(failure)) if is_of_here(&failure) => Err(NotFromHere(failure.message)),
        Err(error) => Err(Unreachable(error.to_string())),
    }
}

fn sha256(body: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, body).as_ref().to_vec()
}

/// The digests of all records that can be used, since any of them will do.
pub(super) fn record(answer: Result<Vec<String>, LookupFailure>) -> PolicyRecord<Vec<AgentConfigDigest>> {
    let texts = match found(answer) {
        Ok(texts) => texts,
        Err(instead) => return instead,
    };
    let (announced, others): (Vec<String>, Vec<String>) = texts.into_iter().partition(|text| {
        Tags::of(text).first("v").is_some_and(|version| version.eq_ignore_ascii_case(ANNOUNCEMENT.version))
    });
    if announced.is_empty() {
        return unannounced(others, ANNOUNCEMENT);
    }
    let (mut digests, mut remarks) = (Vec::new(), Vec::new());
    for text in &announced {
        match read_digest(text) {
            Ok(digest) => digests.push(digest),
            Err(faults) => remarks.extend(faults),
        }
    }
    if digests.is_empty() {
        return PolicyRecord::Faulty { texts: announced, faults: distinct(remarks) };
    }
    PolicyRecord::Good { text: announced.join("\n"), record: digests, remarks: distinct(remarks) }
}

fn read_digest(text: &str) -> Result<AgentConfigDigest, Vec<RecordFault>> {
    let tags = Tags::of(text);
    let mut faults = Vec::new();
    match tags.first("a") {
        None => faults.push(RecordFault::Missing("a")),
        Some(algorithm) if !algorithm.eq_ignore_ascii_case("sha256") => {
            faults.push(bad_value("a", algorithm, "sha256"));
        }
        Some(_) => {}
    }
    let digest = match tags.first("d") {
        None => {
            faults.push(RecordFault::Missing("d"));
            None
        }
        Some(text) => {
            let digest = BASE64.decode(text.as_bytes()).ok().filter(|digest| digest.len() == digest::SHA256_OUTPUT_LEN);
            if digest.is_none() {
                faults.push(bad_value("d", text, "the SHA-256 of the file in base64"));
            }
            digest
        }
    };
    match digest {
        Some(digest) if faults.is_empty() => Ok(AgentConfigDigest { algorithm: "sha256".to_owned(), digest }),
        _ => Err(faults),
    }
}

/// The fields of a record, read as leniently as the implementations do it.
struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    fn of(text: &'a str) -> Self {
        let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
        Self(pairs.map(|(name, value)| (name.trim(), value.trim())).collect())
    }

    fn first(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// The mail servers that the file names: `{"protocols": {"imap": {"host": "imap.example.org"}}}`.
pub(super) fn servers(file: &[u8]) -> Result<Vec<NamedServer>, String> {
    let document: Value = serde_json::from_slice(file).map_err(|error| format!("it is not JSON: {error}"))?;
    let protocols = document.get("protocols").and_then(Value::as_object).ok_or("it has no object \"protocols\"")?;
    let mut servers = Vec::new();
    for (protocol, service) in PROTOCOLS {
        let Some(entry) = protocols.get(protocol) else { continue };
        let host = entry.get("host").and_then(Value::as_str).ok_or(format!("{protocol} has no host"))?;
        let host: Host =
            host.parse().map_err(|_| format!("{protocol} has no host name for a host: {}", excerpt(host)))?;
        servers.push(NamedServer { host, port: service.port(), service, security: service.security() });
    }
    Ok(servers)
}
