//! Times: when, how long ago, how often, since when.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use crate::report::html::moment;
use crate::serve::history::CheckedSubject;
use crate::words::counted;

/// A time, and how long ago it was.
pub(super) fn ago(at: SystemTime, now: SystemTime) -> Markup {
    html! { (moment(at)) " (" (ago_words(now.duration_since(at).unwrap_or_default())) ")" }
}

/// `just now`, `3 minutes ago`
pub(super) fn ago_words(past: Duration) -> String {
    if past < Duration::from_secs(5) { "just now".to_owned() } else { format!("{} ago", length(past)) }
}

/// `30 seconds`, `3 minutes`, `2 hours`, `5 days`: rounded down to the largest unit.
pub(super) fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (size, unit) = match seconds {
        ..60 => (1, "second"),
        60..3600 => (60, "minute"),
        3600..86_400 => (3600, "hour"),
        _ => (86_400, "day"),
    };
    counted(seconds / size, unit)
}

/// `every 5 minutes`, exactly where that matters: `every 90 seconds`.
pub(super) fn rhythm(interval: Duration) -> String {
    let seconds = interval.as_secs();
    let whole = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size));
    let (size, unit) = whole.unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("every {unit}"),
        count => format!("every {}", counted(count, unit)),
    }
}

/// Since when a subject is in its state.
pub(super) enum Since {
    /// Another state came before.
    Changed(SystemTime),
    /// Nothing else is known of.
    FirstKnown(SystemTime),
}

impl Since {
    pub(super) fn of(subject: &CheckedSubject) -> Self {
        let latest = subject.latest.outline();
        let (verdict, mut first) = (latest.verdict(), latest.started);
        for past in subject.past.iter().rev() {
            if past.verdict != verdict {
                return Self::Changed(first);
            }
            first = past.at;
        }
        Self::FirstKnown(first)
    }

    pub(super) fn told(&self, now: SystemTime) -> Markup {
        match self {
            Self::Changed(at) => html! { "since " (ago(*at, now)) },
            Self::FirstKnown(at) => html! { "since the first check, " (ago(*at, now)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let seconds = Duration::from_secs;
        let said = [4, 59, 60, 3599, 3600, 172_800].map(|past| ago_words(seconds(past)));
        let wanted = ["just now", "59 seconds ago", "1 minute ago", "59 minutes ago", "1 hour ago", "2 days ago"];
        assert_eq!(said, wanted);
        let said = [1, 60, 90, 300, 3600, 86_400].map(|interval| rhythm(seconds(interval)));
        assert_eq!(
            said,
            ["every second", "every minute", "every 90 seconds", "every 5 minutes", "every hour", "every day"]
        );
    }
}
