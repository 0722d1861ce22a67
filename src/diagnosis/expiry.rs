//! When a certificate is said to expire soon: one rule for every life, of a server's certificate and of those above it.

pub(super) const DAY: i64 = 24 * 60 * 60;

/// The most time before its end at which a certificate is said to expire soon.
const SOON: i64 = 14 * DAY;

/// The share of its life that is left then, for lives of less than eight weeks. Clients that renew by themselves do so with
/// a third left (certbot, autocert): what has less was missed.
const SOON_SHARE: i64 = 4;

/// Whether a certificate is in its last quarter, or in its last two weeks where a quarter is more.
pub(super) fn is_soon(not_before: i64, not_after: i64, now: i64) -> bool {
    let soon = (not_after.saturating_sub(not_before) / SOON_SHARE).min(SOON);
    (0..soon).contains(&not_after.saturating_sub(now))
}

/// `less than a day`, `a day`, `3 days`
pub(super) fn days(count: i64) -> String {
    match count {
        ..=0 => "less than a day".to_owned(),
        1 => "a day".to_owned(),
        _ => format!("{count} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the first day and on every later one, hour by hour: never before the last quarter, and always within it.
    #[test]
    fn every_life_is_warned_of_in_its_last_quarter_and_not_before() {
        const HOUR: i64 = 60 * 60;
        for life in [6, 7, 8, 10, 14, 21, 30, 45, 47, 64, 90, 200] {
            let life = life * DAY;
            for age in (0..life).step_by(usize::try_from(HOUR).unwrap()) {
                let left = life - age;
                assert_eq!(is_soon(0, life, age), left < (life / 4).min(14 * DAY), "{life} {age}");
            }
            assert!(!is_soon(0, life, 0) && is_soon(0, life, life - 1), "{life}");
            assert!(!is_soon(0, life, life + 1), "it has expired");
        }
        // The days of the 160 hours of Let's Encrypt's short-lived ones.
        assert!(!is_soon(0, 160 * HOUR, 119 * HOUR) && is_soon(0, 160 * HOUR, 121 * HOUR));
        assert!(!is_soon(i64::MIN, i64::MAX, 0));
    }
}
