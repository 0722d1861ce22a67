//! How the target's names were looked up, and who named its servers.

use maud::{Markup, html};

use super::frame::{STYLE, cut};
use crate::policy::JudgedTarget;
use crate::report::human::details::{answered, resolved};

/// `None`: there was nothing to look up.
pub(super) fn names(target: &JudgedTarget) -> Option<Markup> {
    let asked = target.discovery.iter().flat_map(|discovery| &discovery.consultations);
    let asked = asked.map(|consultation| answered(consultation, STYLE));
    let lines: Vec<String> =
        asked.chain(target.resolutions.iter().map(|resolution| resolved(resolution, STYLE))).collect();
    (!lines.is_empty()).then(|| html! { ul.plain { @for line in lines { li { (cut(&line)) } } } })
}
