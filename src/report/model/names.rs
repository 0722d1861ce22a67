//! The stable names of the domain's enums, as JSON strings. The enums themselves stay free of serde, so that the pure
//! layers build without it.

use serde::{Serialize, Serializer};

use super::login::{LoginResult, WithheldReason};
use crate::blocked::Conclusion as BlockedConclusion;
use crate::diagnosis::{FindingId, Severity, State};
use crate::observation::discovery::SourceOutcome;
use crate::observation::path::{HopReply, How, Place};
use crate::observation::promises::{DnssecPassage, DnssecStatus, MtaStsMode};
use crate::observation::{LookupFailureKind, Purpose, Speaker, Stage, StageOutcome, Via};
use crate::policy::{PolicyOutcome, Verdict};
use crate::protocol::Refrained;
use crate::report::published::{DaneResult, PolicyFailureKind, PolicyFaultKind, RecordResult, RecordState};
use crate::service::{LoginNeed, Protocol, Role, Security, Service};
use crate::target::{Source, TargetKind};

/// Makes a named enum a JSON string whose schema lists every name.
macro_rules! json_names {
    ($($name:ident: $description:literal,)+) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        #[cfg(feature = "cli")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let names: Vec<_> = Self::ALL.iter().map(|value| value.name()).collect();
                schemars::json_schema!({ "type": "string", "description": $description, "enum": names })
            }
        }
    )+ };
}

json_names! {
    BlockedConclusion: "Whether outbound port 25 is blocked.",
    DaneResult: "What the TLSA records of a host come to together, at one endpoint. Words are only added.",
    DnssecPassage: "Whether the name servers in use hand out what DNSSEC needs.",
    DnssecStatus: "How far an answer of the DNS is proven (RFC 4035, section 4.3).",
    FindingId: "The stable id of a finding. Ids are only added.",
    HopReply: "What came back from one distance.",
    How: "How a port is blocked.",
    LookupFailureKind: "What kind of failure a lookup met. Words are only added.",
    LoginNeed: "What a provider asks for before a mail program can log in. Words are only added.",
    LoginResult: "How a login ended.",
    MtaStsMode: "What senders do with a mail host that does not keep the policy (RFC 8461, section 5).",
    Place: "Where a port is blocked. `destination` is the server or the last router before it, which are not told apart.",
    PolicyFailureKind: "Why a policy could not be had. Words are only added.",
    PolicyFaultKind: "What is wrong with a policy, or with the record that announces it. Words are only added.",
    PolicyOutcome: "What came of holding a promise against what was seen: it is kept, broken, not made, or too little is known.",
    Protocol: "The protocol that is spoken on a port.",
    Purpose: "Why a connection was made.",
    Refrained: "Why nothing was asked. Words are only added.",
    RecordResult: "What certificates are to a TLSA record. Words are only added.",
    RecordState: "What was found in the place of a record that announces a policy.",
    Role: "What a service is for.",
    Security: "How a connection is secured: TLS from the first byte, an upgrade to TLS, or no TLS wanted.",
    Service: "A row of the port table.",
    Severity: "How much a finding matters.",
    SourceOutcome: "What came of asking a source for a mail domain's servers.",
    Source: "Who named an endpoint.",
    Speaker: "Who wrote a line of a transcript.",
    Stage: "A step on the way through an endpoint.",
    StageOutcome: "How a stage went.",
    State: "What happened: it works, or the cause that stopped it. States are only added.",
    TargetKind: "What kind of target was typed.",
    Verdict: "The judgement.",
    WithheldReason: "Why a login was not tried. Words are only added.",
    Via: "Who knew a host's addresses.",
}
