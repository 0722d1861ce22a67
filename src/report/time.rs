//! Times and durations, for programs and for people.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// A tenth of a millisecond is finer than any network tells, and keeps the numbers short.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// RFC 3339, UTC, to the second.
pub(super) fn moment(time: SystemTime) -> String {
    rfc3339(Timestamp::try_from(time).unwrap_or(Timestamp::MAX))
}

/// Seconds since 1970 as RFC 3339. A certificate may name any time; one beyond the calendar becomes the calendar's end.
pub(super) fn moment_of(seconds: i64) -> String {
    rfc3339(Timestamp::from_second(seconds.max(EARLIEST)).unwrap_or(Timestamp::MAX))
}

/// The day of a time in seconds since 1970: `2026-11-22`.
pub(super) fn day_of(seconds: i64) -> String {
    moment_of(seconds).chars().take("2026-11-22".len()).collect()
}

/// The beginning of the year 0000: RFC 3339 has no earlier times.
const EARLIEST: i64 = -62_167_219_200;

fn rfc3339(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A duration as a person reads it, in at most seven columns: `0.4 ms`, `131 ms`, `5.0 s`, `133 s`.
pub(super) fn short(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 99_950.0 {
        format!("{:.1} s", milliseconds / 1000.0)
    } else {
        format!("{:.0} s", milliseconds / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_round_once() {
        for (micros, shown) in [
            (0, "0.0 ms"),
            (420, "0.4 ms"),
            (9_960, "10 ms"),
            (131_400, "131 ms"),
            (999_700, "1.0 s"),
            (5_003_000, "5.0 s"),
            (132_600_000, "133 s"),
        ] {
            assert_eq!(short(Duration::from_micros(micros)), shown);
        }
    }

    #[test]
    fn every_time_has_an_rfc_3339_form() {
        assert_eq!(moment_of(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment_of(i64::MIN), "0000-01-01T00:00:00Z");
        assert!(moment_of(i64::MAX).starts_with("9999-12-"));
        assert_eq!(day_of(1_795_300_000), "2026-11-21");
    }
}
