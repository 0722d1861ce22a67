//! The part of the JSON contract that says what promises come to at one endpoint.

use super::policies::TlsaReport;
use crate::observation::promises::{
    DaneJudgement, MatchedBy, MtaStsCoverage, MtaStsMode, Promised, RecordJudgement, TlsaRecord, UnusableTlsa,
};
use crate::report::mirror::mirror;
use crate::report::published::{DaneResult, RecordResult, dane_result, tlsa_data};

mirror! {
    /// What the domain's promises say of this endpoint, held against what was seen there.
    struct PromisedReport from promised: &Promised {
        /// DANE; `null` where it does not apply to the host.
        dane: Option<DaneMatchReport> = promised.dane.as_ref().map(DaneMatchReport::from),
        /// MTA-STS; `null` where the domain has no policy that can be used.
        mta_sts: Option<MtaStsCoverageReport> = promised.mta_sts.as_ref().map(MtaStsCoverageReport::from),
    }

    /// The certificates of this endpoint, held against the TLSA records of its host.
    struct DaneMatchReport from dane: &DaneJudgement {
        /// The name of the records.
        name: String = dane.name.clone(),
        /// Whether every sender who checks DANE goes by it. Where the MX records are not signed, only some do, Postfix among them.
        binding: bool = dane.is_binding,
        /// What they come to together.
        result: DaneResult = dane_result(&dane.chain).0,
        /// Why nothing more is known of them. Hostile text.
        detail: Option<String> = dane_result(&dane.chain).1.map(str::to_owned),
        /// Each record, and what the certificates are to it.
        records: Vec<RecordMatchReport> =
            dane.published.iter().enumerate().map(|(index, record)| (record, dane.records.get(index)).into()).collect(),
        /// The record that would be right for the key that was seen: `3 1 1` and its SHA-256.
        right: Option<String> = dane.right.as_ref().map(tlsa_data),
    }

    /// A TLSA record, held against the certificates of an endpoint.
    struct RecordMatchReport from (record, judgement): (&TlsaRecord, Option<&RecordJudgement>) {
        /// The record.
        #[serde(flatten)]
        record: TlsaReport = record.into(),
        /// What the certificates are to it; `null` where none was seen.
        result: Option<RecordResult> = judgement.map(record_result),
        /// How many steps above the server's own certificate the one stands that matches: 0 is the server's own.
        matched_at: Option<usize> = match judgement {
            Some(RecordJudgement::Match(MatchedBy::Server)) => Some(0),
            Some(RecordJudgement::Match(MatchedBy::Authority(steps))) => Some(*steps),
            _ => None,
        },
        /// Why it does not match, where more is known than that the data differ, or why it cannot be used.
        /// Hostile text.
        reason: Option<String> = match judgement {
            None | Some(RecordJudgement::Match(_)) => None,
            Some(RecordJudgement::NoMatch(why)) => why.clone(),
            Some(RecordJudgement::Unusable(why)) => Some(unusable_words(*why).to_owned()),
        },
    }

    /// What the MTA-STS policy says of this host.
    struct MtaStsCoverageReport from coverage: &MtaStsCoverage {
        /// What senders do with a mail host that does not keep the policy.
        mode: MtaStsMode = coverage.mode,
        /// The pattern that covers the host; `null` where none does. Hostile text.
        pattern: Option<String> = coverage.pattern.clone(),
    }
}

fn record_result(judgement: &RecordJudgement) -> RecordResult {
    match judgement {
        RecordJudgement::Match(_) => RecordResult::Match,
        RecordJudgement::NoMatch(_) => RecordResult::NoMatch,
        RecordJudgement::Unusable(_) => RecordResult::Unusable,
    }
}

const fn unusable_words(why: UnusableTlsa) -> &'static str {
    match why {
        UnusableTlsa::Usage => "usage 0 or 1 is not for mail (RFC 7672, section 3.1.3)",
        UnusableTlsa::UnknownUsage => "the usage is not defined",
        UnusableTlsa::Selector => "the selector is not defined",
        UnusableTlsa::MatchingType => "the matching type is not defined",
        UnusableTlsa::Length => "the data are not as long as their hash",
        UnusableTlsa::Data => "the data are not a certificate or key",
    }
}
