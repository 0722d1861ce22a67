//! Names that a mistyped one may be meant for.

/// How alike two names must be, from 0 to 1, for one to be a slip of the pen for the other.
const ALIKE: f64 = 0.8;

/// The names that look like `typed`, the most alike first.
pub(super) fn similar<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // A longer text is no name, and comparing takes time by the square of its length.
    let typed: String = typed.chars().take(64).flat_map(char::to_lowercase).collect();
    let likeness = known.into_iter().map(|name| (strsim::jaro_winkler(&typed, name), name));
    let mut alike: Vec<_> = likeness.filter(|(likeness, _)| *likeness >= ALIKE).collect();
    alike.sort_by(|one, other| other.0.total_cmp(&one.0));
    alike.into_iter().map(|(_, name)| name).collect()
}

/// Whether `typed` is `known` but for a slip of the pen: a letter too many, too few, another one, or two in the wrong order;
/// two such slips in a long name.
pub(super) fn is_slip(typed: &str, known: &str) -> bool {
    let typed: String = typed.chars().take(64).flat_map(char::to_lowercase).collect();
    strsim::osa_distance(&typed, known) <= (known.len() / 4).max(1)
}

/// Asks for the names that may be meant; without any, says what else to do.
pub(super) fn advice(near: &[&str], otherwise: &str) -> String {
    if near.is_empty() { otherwise.to_owned() } else { format!("did you mean {}?", near.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_a_letter_or_two() {
        for (typed, known) in
            [("prots", "ports"), ("explian", "explain"), ("Blocked", "blocked"), ("provders", "providers")]
        {
            assert!(is_slip(typed, known), "{typed}");
        }
        for (typed, known) in [("starttls", "targets"), ("insecure", "security"), ("block", "blocked"), ("", "ports")] {
            assert!(!is_slip(typed, known), "{typed}");
        }
    }
}
