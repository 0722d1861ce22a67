//! What came of a check, as metrics.

use super::answer::CheckAnswer;
use crate::report::prometheus;

/// The metrics of a check, in the text format.
pub(super) fn render(answer: &CheckAnswer) -> String {
    prometheus::render(answer.report())
}
