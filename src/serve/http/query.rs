//! `/probe?target=&module=&debug=`: what is asked for, and how much time there is.

use std::time::Duration;

use axum::http::HeaderValue;
use url::form_urlencoded;

/// What `/probe` is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ProbeQuery {
    pub(super) target: Option<String>,
    pub(super) module: Option<String>,
    /// Whether the answer is for a person.
    pub(super) debug: bool,
}

/// How long before the scraper gives up it gets its answer.
const BEFORE_THE_SCRAPER: Duration = Duration::from_millis(500);

impl ProbeQuery {
    /// The error is one line.
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let mut asked = Self::default();
        let mut debug = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if value.contains('\u{fffd}') {
                return Err(format!("The parameter {name} is not UTF-8."));
            }
            let place = match &*name {
                "target" => &mut asked.target,
                "module" => &mut asked.module,
                "debug" => &mut debug,
                "" => continue,
                _ => return Err(format!("There is no parameter {name:?}: there are target, module and debug.")),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(format!("The parameter {name} is there twice."));
            }
        }
        asked.debug = match debug.as_deref() {
            None | Some("" | "false" | "0") => false,
            Some("true" | "1") => true,
            Some(other) => return Err(format!("The parameter debug is true or false, not {other:?}.")),
        };
        asked.target = asked.target.map(|target| target.trim().to_owned()).filter(|target| !target.is_empty());
        asked.module = asked.module.filter(|module| !module.is_empty());
        Ok(asked)
    }
}

/// How long a check may take: as long as its module says, and no longer than the scraper waits.
pub(super) fn limit(module: Duration, scraper: Option<&HeaderValue>) -> Result<Duration, String> {
    let Some(header) = scraper else { return Ok(module) };
    let seconds = header.to_str().ok().and_then(|text| text.trim().parse::<f64>().ok());
    let waits = seconds.filter(|seconds| *seconds > 0.0).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let waits = waits.filter(|waits| !waits.is_zero()).ok_or_else(|| {
        format!("The header X-Prometheus-Scrape-Timeout-Seconds is {header:?}: it must be a number above 0.")
    })?;
    let limit = waits.checked_sub(BEFORE_THE_SCRAPER).filter(|limit| !limit.is_zero()).unwrap_or(waits / 2);
    Ok(limit.min(module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_a_form() {
        let read = |query: &str| ProbeQuery::read(query).expect("a good query");
        assert_eq!(read(""), ProbeQuery::default());
        assert_eq!(read("target=&module=&debug="), ProbeQuery::default());
        let asked = read("target=mail.example.org+25%20587&module=blocked&debug=true");
        assert_eq!(asked.target.as_deref(), Some("mail.example.org 25 587"));
        assert_eq!((asked.module.as_deref(), asked.debug), (Some("blocked"), true));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in ["target=a&target=b", "modul=x", "target=%ff", "debug=yes"] {
            assert!(ProbeQuery::read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn the_limit_is_above_nothing_and_below_what_the_scraper_waits() {
        let seconds = |text: &'static str| limit(Duration::from_secs(120), Some(&HeaderValue::from_static(text)));
        assert_eq!(limit(Duration::from_secs(120), None), Ok(Duration::from_secs(120)));
        for (header, expected) in [("10", 9.5), ("0.5", 0.25), ("0.4", 0.2), ("1e3", 120.0), ("0.6", 0.1)] {
            assert_eq!(seconds(header).map(|limit| (limit.as_secs_f64() * 1000.0).round()), Ok(expected * 1000.0));
        }
        for header in ["", "ten", "NaN", "inf", "-1", "0", "1e300", "1e-300"] {
            assert!(seconds(header).is_err(), "{header}");
        }
    }
}
