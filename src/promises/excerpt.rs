//! How much of what somebody else wrote is told.

const MAX_CHARACTERS: usize = 100;

/// The text, or its beginning where it is long.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
