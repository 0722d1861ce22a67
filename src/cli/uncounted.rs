//! What a monitor should know: which closed ports of a survey failed nothing.

use super::files::{self, OpenFile};
use super::output::{Format, Output};
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};
use crate::target::TargetKind;
use crate::words::{counted, distinct, joined};

/// A line for whoever set up a monitor with a bare host, if any of its ports is closed: a service that is down is then no
/// alarm. `None` where nobody monitors, or all is stated or open.
pub(super) fn note(run: &Report, output: Output, files: &[OpenFile]) -> Option<String> {
    let monitors = [Format::Nagios, Format::Prometheus];
    if output.quiet || !monitors.iter().any(|&format| output.format == format || files::any(files, format)) {
        return None;
    }
    let surveys: Vec<_> = run.targets.iter().filter(|target| uncounted(target).next().is_some()).collect();
    let whose = match surveys.as_slice() {
        [] => return None,
        [only] => only.typed.clone(),
        several => counted(several.len(), "host"),
    };
    let mut ports = distinct(surveys.iter().flat_map(|target| uncounted(target)).map(port));
    ports.sort_unstable();
    Some(format!(
        "closed ports of {whose} ({}) were not counted as failures; to state what must work, use --expect 993=ok, --ports \
         465,993 or a URL such as imaps://mail.example.org",
        joined(ports)
    ))
}

/// The closed ports of a bare host of which nothing is expected.
fn uncounted(target: &JudgedTarget) -> impl Iterator<Item = &JudgedEndpoint> {
    let survey = target.endpoints.iter().filter(|_| target.kind == TargetKind::Host);
    survey.filter(|judged| {
        judged.verdict == Verdict::Pass && judged.diagnosis.state.is_closed() && judged.expectations.is_empty()
    })
}

fn port(judged: &JudgedEndpoint) -> u16 {
    judged.observation.endpoint.port
}
