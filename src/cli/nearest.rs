//! Slips of the pen.

/// The name that was probably meant, if one is near.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Below this they have little in common.
    const NEAR: f64 = 0.8;
    let near = known.into_iter().map(|name| (strsim::jaro_winkler(typed, name), name));
    near.filter(|(likeness, _)| *likeness >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}
