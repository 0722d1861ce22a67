//! The part of the JSON contract that says who named a mail domain's servers.

use crate::observation::discovery::{Consultation, NamedServer, SourceOutcome};
use crate::report::mirror::{all, mirror};
use crate::report::time::milliseconds;
use crate::service::{Security, Service};
use crate::target::Source;

mirror! {
    /// One question to one source about a mail domain's servers.
    struct ConsultationReport from consultation: &Consultation {
        /// Which source.
        source: Source = consultation.source,
        /// What was asked for: a name and type of record, an address on the web, a row of the table.
        asked: String = consultation.asked.clone(),
        /// What came of it.
        outcome: SourceOutcome = consultation.outcome,
        /// Why it gave nothing. Hostile text.
        detail: Option<String> = consultation.detail.clone(),
        /// The servers that it named, in its own order.
        servers: Vec<NamedServerReport> = all(&consultation.servers),
        /// How long it took.
        duration_ms: f64 = milliseconds(consultation.duration),
    }

    /// A server that a source named.
    struct NamedServerReport from server: &NamedServer {
        /// The host name.
        host: String = server.host.to_string(),
        /// The TCP port.
        port: u16 = server.port,
        /// The service.
        service: Service = server.service,
        /// How the connection is to be secured.
        security: Security = server.security,
    }
}
