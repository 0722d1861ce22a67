//! The usual names, tried on request.

use std::time::Instant;

use futures_util::future::join_all;

use super::source::{SourceResult, consultation, usual};
use crate::observation::discovery::SourceOutcome;
use crate::service::Service;
use crate::target::{Host, Source};
use crate::web::WebContext;

const SENDING: [Service; 2] = [Service::Submissions, Service::Submission];
const ACCESS: [Service; 2] = [Service::Imaps, Service::Imap];
const RETRIEVAL: [Service; 2] = [Service::Pop3s, Service::Pop3];

/// The usual names, and what usually is there.
const USUAL: [(&str, &[&[Service]]); 4] =
    [("mail", &[&SENDING, &ACCESS, &RETRIEVAL]), ("smtp", &[&SENDING]), ("imap", &[&ACCESS]), ("pop", &[&RETRIEVAL])];

/// Looks up which of the usual names exist. Whether a mail server is there, only a probe can tell.
pub(super) async fn consult(domain: &str, context: WebContext<'_>) -> SourceResult {
    let consultations = join_all(USUAL.map(|(label, services)| async move {
        let began = Instant::now();
        let name = format!("{label}.{domain}");
        let host: Option<Host> = name.parse().ok();
        let exists = match &host {
            Some(host) => !context.resolver.absolute_addresses(host, context.families).await.addresses.is_empty(),
            None => false,
        };
        let servers = host.filter(|_| exists).into_iter().flat_map(|host| {
            let server = move |&service: &Service| usual(host.clone(), service);
            services.iter().copied().flatten().map(server)
        });
        let mut consultation = consultation(Source::Guess, name, servers.collect(), began.elapsed());
        if consultation.outcome == SourceOutcome::Nothing {
            consultation.detail = Some("the name has no address".to_owned());
        }
        consultation
    }))
    .await;
    SourceResult { consultations, ..SourceResult::default() }
}
