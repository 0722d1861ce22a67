//! The grammar that all layers share: lists, numbers and times in plain English.

use std::fmt::Display;
use std::time::Duration;

/// `a`, `a and b`, `a, b and c`
pub(crate) fn joined(items: impl IntoIterator<Item: Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Each item once, in the order of first appearance.
pub(crate) fn distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// What all items are, if they are the same and there are any.
pub(crate) fn common<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut items = items.into_iter();
    let first = items.next()?;
    items.all(|item| item == first).then_some(first)
}

/// `1 host`, `2 hosts`
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `port 25`, `ports 465 and 587`
pub(crate) fn ports(ports: &[u16]) -> String {
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    format!("{noun} {}", joined(ports))
}

/// With a capital letter, as a sentence begins.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// With a small letter, as a sentence goes on after a colon.
pub(crate) fn uncapitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_lowercase).chain(characters).collect()
}

/// `6.1 s`, or `40 ms` below a second.
pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_numbers_read_as_people_write_them() {
        assert_eq!(joined([""; 0]), "");
        assert_eq!(joined(["a"]), "a");
        assert_eq!(joined(["a", "b", "c"]), "a, b and c");
        assert_eq!((ports(&[25]).as_str(), ports(&[465, 587]).as_str()), ("port 25", "ports 465 and 587"));
        assert_eq!((counted(1_u64, "day").as_str(), counted(0_usize, "host").as_str()), ("1 day", "0 hosts"));
        assert_eq!((capitalised("öl").as_str(), uncapitalised("").as_str()), ("Öl", ""));
        assert_eq!((distinct([2, 1, 2]), common([2, 2]), common([2, 1])), (vec![2, 1], Some(2), None));
    }
}
