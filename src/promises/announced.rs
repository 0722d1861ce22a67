//! What TXT records announce: MTA-STS, TLS reporting, the configuration of mail programs.

use tokio::join;

use super::agent_config::AgentConfigLookup;
use super::{Patience, mta_sts, tls_reporting};
use crate::observation::promises::{AgentConfig, MtaSts, PolicyRecord, RecordFault, TlsReporting};
use crate::web::WebContext;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) mta_sts: MtaSts,
    pub(super) tls_reporting: TlsReporting,
    pub(super) agent_config: AgentConfig,
}

/// Looks up all three, side by side. What a record announces is fetched as soon as that record has come.
pub(super) async fn look_up(
    domain: &str,
    agent_config: &AgentConfigLookup,
    context: WebContext<'_>,
    patience: &Patience,
) -> Announced {
    let (mta_sts, tls_reporting, agent_config) = join!(
        mta_sts::look_up(domain, context, patience),
        tls_reporting::look_up(domain, context.resolver, patience),
        agent_config.result(domain, context, patience),
    );
    without_wildcards(Announced { mta_sts, tls_reporting, agent_config })
}

/// A record that belongs to none of the three and stands at several of their names comes from a wildcard, as
/// `*.example.org TXT "v=spf1 -all"`: nobody has put it in the place of a policy's.
fn without_wildcards(mut announced: Announced) -> Announced {
    let Announced { mta_sts, tls_reporting, agent_config } = &mut announced;
    let all = [foreign(&mta_sts.record), foreign(&tls_reporting.record), foreign(&agent_config.record)].concat();
    let is_of_wildcard = |text: &String| all.iter().filter(|other| *other == text).count() > 1;
    forget(&mut mta_sts.record, is_of_wildcard);
    forget(&mut tls_reporting.record, is_of_wildcard);
    forget(&mut agent_config.record, is_of_wildcard);
    announced
}

fn foreign<T>(record: &PolicyRecord<T>) -> Vec<String> {
    match record {
        PolicyRecord::Faulty { texts, faults } if is_foreign(faults) => texts.clone(),
        _ => Vec::new(),
    }
}

fn is_foreign(faults: &[RecordFault]) -> bool {
    faults.iter().all(RecordFault::is_foreign)
}

fn forget<T>(record: &mut PolicyRecord<T>, is_of_wildcard: impl Fn(&String) -> bool) {
    if let PolicyRecord::Faulty { texts, faults } = record
        && is_foreign(faults)
        && texts.iter().all(is_of_wildcard)
    {
        *record = PolicyRecord::None;
    }
}
