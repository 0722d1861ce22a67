//! This machine has no network: nothing that was asked for can be told of any host.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::FindingId;

pub(super) fn explain(view: &mut View<'_>) {
    let everything = view.places(|_| true);
    let all = |view: &View<'_>, id| {
        let has = |seen: &JudgedState<'_>| seen.finding(id).is_some() && !seen.as_expected;
        !everything.is_empty() && view.at(&everything).all(has)
    };
    let cause = |view: &View<'_>, message: String, seen: FindingId| {
        Cause::new(FindingId::NoNetwork, view.gravest(&everything), message)
            .evidence(view.evidence(&everything, seen))
            .hint(FindingId::NoNetwork.entry().advice)
    };
    if all(view, FindingId::NoNetwork) {
        let message = "This machine has no network connection, so no name server could be asked.";
        let cause = cause(view, message.to_owned(), FindingId::NoNetwork).summary(message);
        view.add(cause, &everything, &[FindingId::NoNetwork]);
    } else if all(view, FindingId::NoRoute) {
        let message = format!("This machine has no route to {}. Nothing was sent.", view.address_list(&everything));
        let cause = cause(view, message, FindingId::NoRoute)
            .summary("This machine has no network connection, or no route to the host.");
        view.add(cause, &everything, &[FindingId::NoRoute]);
    }
}
