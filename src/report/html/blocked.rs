//! The answer of `mailprobe blocked`.

use maud::{Markup, html};

use super::answer::{self, item};
use super::frame::{STYLE, cut};
use super::ports::table;
use super::route::routes;
use super::target::evidence;
use crate::blocked::BlockedRun;
use crate::report::human::blocked::rows;

/// From the answer to the evidence. `prefix` tells the ids of its parts from those of others on the page.
pub(crate) fn blocked_parts(outcome: &BlockedRun, prefix: &str) -> Markup {
    let BlockedRun { run, answer } = outcome;
    let hosts = rows(&answer.facts, &run.targets, STYLE);
    html! {
        (answer::answer(answer.verdict(), &answer.sentence, &answer.hints))
        @if !answer.findings.is_empty() {
            ul.causes {
                @for finding in &answer.findings {
                    @let hint = finding.hint.as_deref().filter(|hint| !answer.hints.iter().any(|told| told == hint));
                    @let evidence: Vec<&str> = finding.evidence.as_deref().into_iter().collect();
                    (item((finding.severity, &finding.message), finding.id.name(), "", &evidence, hint))
                }
            }
        }
        @if !hosts.is_empty() {
            h3 { "Port 25 from here" }
            table.hosts {
                caption { "Port 25 of other hosts" }
                thead { tr { th scope="col" { "Host" } th scope="col" { "Over" } th scope="col" { "Result" } } }
                tbody {
                    @for row in &hosts {
                        tr {
                            th scope="row" data-title="Host" { (cut(&row.host)) }
                            td data-title="Over" { (row.families) }
                            td data-title="Result" { span.mark aria-hidden="true" { (row.mark) } " " (cut(&row.what)) }
                        }
                    }
                }
            }
        }
        @for (number, target) in run.targets.iter().enumerate() {
            @let prefix = format!("{prefix}-{number}");
            details id={ (prefix) "-host" } {
                summary { (cut(&target.typed)) }
                @if !target.endpoints.is_empty() { h3 { "Ports of " (cut(&target.typed)) } (table(target)) }
                @if let Some(routes) = routes(target) { h3 { "The route" } (routes) }
                (evidence(target, &prefix))
            }
        }
    }
}
