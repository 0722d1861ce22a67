//! Times and durations, for programs and for people.

use std::time::Duration;
#[cfg(feature = "serde")]
use std::time::SystemTime;

use time::OffsetDateTime;

/// A tenth of a millisecond is finer than any network tells, and keeps the numbers short.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// RFC 3339, UTC, to the second.
#[cfg(feature = "serde")]
pub(crate) fn moment(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    moment_of(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Seconds since 1970 as RFC 3339. A certificate may name any time; one outside the calendar becomes its first or last
/// second.
pub(super) fn moment_of(seconds: i64) -> String {
    let seconds = seconds.clamp(EARLIEST, LATEST);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = moment.time().as_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", moment.date())
}

/// The beginning of the year 0000: RFC 3339 has no earlier times.
const EARLIEST: i64 = -62_167_219_200;

/// 9999-12-30T22:00:00Z: the last hour that is in the year 9999 wherever it is read.
const LATEST: i64 = 253_402_207_200;

/// The day of a time in seconds since 1970: `2026-11-22`.
pub(super) fn day_of(seconds: i64) -> String {
    moment_of(seconds).chars().take("2026-11-22".len()).collect()
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
        assert_eq!(moment_of(i64::MAX), "9999-12-30T22:00:00Z");
        assert_eq!(day_of(1_795_300_000), "2026-11-21");
    }
}
