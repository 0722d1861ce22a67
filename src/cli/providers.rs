//! `mailprobe providers`: which rows are meant, and how they are shown.

use super::console::{print, style};
use super::format::Format;
use super::output_options::OutputOptions;
use crate::providers::{self, Provider};
use crate::report::providers as report;
use crate::target::Quoted;

/// `mailprobe providers [NAME]`
pub(super) fn show(one: Option<&Provider>, wanted: OutputOptions) -> u8 {
    let style = || style(wanted.color);
    let text = match (wanted.format, one) {
        (Format::Json | Format::Jsonl, Some(provider)) => report::json(std::slice::from_ref(provider)),
        (Format::Json | Format::Jsonl, None) => report::json(providers::all()),
        (_, Some(provider)) => Ok(report::one(provider, style())),
        (_, None) => Ok(report::table(providers::all(), style())),
    };
    print(text.map_err(anyhow::Error::from)).err().unwrap_or(0)
}

/// The provider of this short name or mail domain; else one line with names that look like it.
pub(super) fn named(name: &str) -> Result<&'static Provider, String> {
    providers::find(name).ok_or_else(|| {
        let near = near(name);
        let advice = if near.is_empty() {
            "`mailprobe providers` lists all".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        format!("there is no provider {} in the table; {advice}", Quoted::new(name))
    })
}

/// How alike two names must be, from 0 to 1, for one to be a slip of the pen for the other.
const ALIKE: f64 = 0.8;

/// The names of providers that look like `name`, the most alike first; three at most.
fn near(name: &str) -> Vec<&'static str> {
    // A longer text is no name, and comparing takes time by the square of its length.
    let name: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let alike = |provider: &'static Provider| {
        let texts = std::iter::once(&provider.name).chain(&provider.domains);
        let best = texts.map(|text| strsim::jaro_winkler(&name, text)).fold(0.0, f64::max);
        (best >= ALIKE).then_some((best, provider.name.as_str()))
    };
    let mut found: Vec<_> = providers::all().iter().filter_map(alike).collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_met_with_the_names_that_may_be_meant() {
        for (typed, meant) in [("gmial", "gmail"), ("outlok", "outlook"), ("Fastmial.com", "fastmail")] {
            let words = named(typed).expect_err("a misspelt name");
            assert!(words.contains("did you mean") && words.contains(meant), "{words}");
        }
        let words = named(&"x".repeat(10_000)).expect_err("no name");
        assert!(words.contains("`mailprobe providers` lists all") && words.len() < 400, "{words}");
    }
}
