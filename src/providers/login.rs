//! What a provider asks for before a mail program can log in: by protocol, and by date.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, de};

use crate::service::{LoginNeed, Protocol};
use crate::words;

/// A day of the calendar (UTC), written as `2026-11-27`, and so in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl Day {
    /// The day of this moment.
    pub fn of(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(words::date(i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)))
    }

    fn read(text: &str) -> Option<Self> {
        let form = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
        let (month, day) = (text.get(5..7)?, text.get(8..10)?);
        let right = form.eq(*b"0000-00-00") && ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
        right.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no day, such as 2026-11-27")))
    }
}

/// One thing that a provider asks for, with where that is from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRule {
    #[serde(deserialize_with = "login_need")]
    pub needs: LoginNeed,
    /// Where it holds for some protocols only.
    #[serde(default, deserialize_with = "protocols")]
    pub protocols: Option<Vec<Protocol>>,
    /// The first day of it.
    #[serde(default)]
    pub from: Option<Day>,
    /// The last day of it.
    #[serde(default)]
    pub until: Option<Day>,
    /// It in sentences of its own, where the usual ones do not tell all.
    #[serde(default)]
    pub note: Option<String>,
    /// The page that says how.
    #[serde(default)]
    pub page: Option<String>,
    pub source: String,
    /// When that was looked at: a year, month or day.
    pub checked: String,
}

impl LoginRule {
    pub fn is_for(&self, protocol: Protocol) -> bool {
        self.protocols.as_ref().is_none_or(|some| some.contains(&protocol))
    }

    pub fn holds_on(&self, today: &Day) -> bool {
        self.from.as_ref().is_none_or(|from| from <= today) && self.until.as_ref().is_none_or(|until| today <= until)
    }

    /// It as sentences, for a reader who wants to log in at servers of these protocols.
    pub fn sentence(&self, provider: &str, protocols: &[Protocol]) -> String {
        if let Some(note) = &self.note {
            return note.clone();
        }
        let names = words::joined(protocols.iter().map(|protocol| protocol.name().to_uppercase()));
        let place = if self.protocols.is_some() { format!("for {names}") } else { "here".to_owned() };
        match self.needs {
            LoginNeed::Password => format!("{provider} takes a password {place}."),
            LoginNeed::OAuth => format!("{provider} takes no password {place}, only OAuth (sign-in with a browser)."),
            LoginNeed::AppPassword => format!(
                "{provider} wants an app password {place}, made in the account's settings, in place of the account's own."
            ),
            LoginNeed::SwitchOnFirst => {
                format!("{provider} wants {names} switched on first, in the account's settings on the web.")
            }
        }
    }
}

fn login_need<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LoginNeed, D::Error> {
    let name = String::deserialize(deserializer)?;
    LoginNeed::from_name(&name).ok_or_else(|| de::Error::custom(format!("{name:?} is no need of a login")))
}

fn protocols<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Protocol>>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let protocol =
        |name: &String| Protocol::from_name(name).ok_or_else(|| de::Error::custom(format!("{name:?} is no protocol")));
    names.iter().map(protocol).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn day(text: &str) -> Day {
        Day::read(text).expect("a day")
    }

    #[test]
    fn days_are_read_and_follow_each_other() {
        for text in ["2026-1-1", "2026-13-01", "2026-00-10", "2026-01-32", "2026-01-00", "2026-01", "x", "2026-01-0ä"]
        {
            assert_eq!(Day::read(text), None, "{text}");
        }
        assert!(day("2026-12-31") < day("2027-01-01"));
        assert_eq!(Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600)), day("2027-01-01"));
        assert_eq!(Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_599)), day("2026-12-31"));
    }

    #[test]
    fn a_rule_holds_on_its_first_and_on_its_last_day() {
        let text = "needs = 'oauth'\nfrom = '2026-02-01'\nuntil = '2026-02-03'\nsource = 'x'\nchecked = '2026'";
        let rule: LoginRule = toml::from_str(text).expect("a rule");
        let held = ["2026-01-31", "2026-02-01", "2026-02-03", "2026-02-04"].map(|text| rule.holds_on(&day(text)));
        assert_eq!(held, [false, true, true, false]);
    }
}
