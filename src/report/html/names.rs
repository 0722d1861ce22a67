//! How the target's names were looked up, and who named its servers.

use maud::{Markup, html};

use super::frame::{STYLE, cut};
use crate::observation::Via;
use crate::policy::JudgedTarget;
use crate::report::human::details::{answered, resolved};

/// `None`: there was nothing to look up.
pub(super) fn names(target: &JudgedTarget, prefix: &str) -> Option<Markup> {
    let asked = target.discovery.iter().flat_map(|discovery| &discovery.consultations);
    let asked = asked.map(|consultation| answered(consultation, STYLE));
    let looked_up = target.resolutions.iter().filter(|resolution| resolution.via != Via::Literal);
    let lines: Vec<String> = asked.chain(looked_up.map(|resolution| resolved(resolution, STYLE))).collect();
    (!lines.is_empty()).then(|| {
        html! {
            details id={ (prefix) "-names" } {
                summary { "How names were looked up" }
                ul.plain { @for line in lines { li { (cut(&line)) } } }
            }
        }
    })
}
