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

/// `all seven ports`, `all 3 ports`, `ports 25 and 587`: some ports of all that were asked for.
pub(crate) fn all_or_some(some: &[u16], all: &[u16]) -> String {
    match all.len() {
        count if count < 3 || some.len() < count => ports(some),
        // The port table.
        7 => "all seven ports".to_owned(),
        count => format!("all {count} ports"),
    }
}

/// With a capital letter, as a sentence begins.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// With a small letter, as a sentence goes on after a colon. What is all capitals stays: `TLS`, `STARTTLS`.
pub(crate) fn uncapitalised(text: &str) -> String {
    if text.chars().nth(1).is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_lowercase).chain(characters).collect()
}

/// `8cb0…`: bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// `6.1 s`, or `40 ms` below a second.
pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// The day of a time in seconds since 1970 (UTC), as `2026-11-23`.
pub(crate) fn date(seconds: i64) -> String {
    // Years are counted from March, so that the leap day is the last day of its year; 400 years have 146,097 days.
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
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
        assert_eq!(hex(&[0x00, 0x8c, 0xb0, 0xff]), "008cb0ff");
        assert_eq!((counted(1_u64, "day").as_str(), counted(0_usize, "host").as_str()), ("1 day", "0 hosts"));
        assert_eq!((capitalised("öl").as_str(), uncapitalised("").as_str()), ("Öl", ""));
        assert_eq!((uncapitalised("The port").as_str(), uncapitalised("STARTTLS").as_str()), ("the port", "STARTTLS"));
        assert_eq!((distinct([2, 1, 2]), common([2, 2]), common([2, 1])), (vec![2, 1], Some(2), None));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(1_795_392_000), "2026-11-23");
        assert_eq!(date(4_107_542_399), "2100-02-28");
        assert_eq!(date(4_107_542_400), "2100-03-01");
    }
}
