//! What mailprobe knows without a network: `mailprobe ports`, `providers` and `explain`.

use super::console::{print, style};
use super::output::Output;
use super::similar::{advice, similar};
use crate::diagnosis::reference::{self, Subject};
use crate::providers::{self, Provider};
use crate::report::{explain as explanations, ports as port_table, providers as provider_table};
use crate::target::Quoted;
use crate::words::distinct;

pub(super) fn ports(wanted: Output) -> Result<(), u8> {
    print(if wanted.format.is_json() { port_table::json() } else { Ok(port_table::text(style(wanted.color))) })
}

pub(super) fn explain(subject: Option<Subject>, wanted: Output) -> Result<(), u8> {
    let style = style(wanted.color);
    print(match subject {
        _ if wanted.format.is_json() => {
            explanations::json(&subject.map_or_else(reference::subjects, |subject| vec![subject]))
        }
        Some(subject) => Ok(explanations::text(&subject, style)),
        None => Ok(explanations::list(style)),
    })
}

pub(super) fn providers(one: Option<&Provider>, wanted: Output) -> Result<(), u8> {
    let style = style(wanted.color);
    let shown = one.map_or(providers::all(), std::slice::from_ref);
    print(match one {
        _ if wanted.format.is_json() => provider_table::json(shown),
        Some(provider) => Ok(provider_table::one(provider, style)),
        None => Ok(provider_table::table(shown, style)),
    })
}

/// A state or finding by its name; else one line with names that look like it.
pub(super) fn subject(name: &str) -> Result<Subject, String> {
    reference::look_up(name).ok_or_else(|| {
        let advice = advice(&reference::nearest(name), "`mailprobe explain` lists them all");
        format!("there is no state or finding {name:?}; {advice}")
    })
}

/// The provider of this short name or mail domain; else one line with names that look like it.
pub(super) fn provider(name: &str) -> Result<&'static Provider, String> {
    providers::find(name).ok_or_else(|| {
        let texts =
            providers::all().iter().flat_map(|provider| std::iter::once(&provider.name).chain(&provider.domains));
        let near = similar(name, texts.map(String::as_str)).into_iter().filter_map(providers::find);
        let mut near = distinct(near.map(|provider| provider.name.as_str()));
        near.truncate(3);
        let advice = advice(&near, "`mailprobe providers` lists all");
        format!("there is no provider {} in the table; {advice}", Quoted::new(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_met_with_the_names_that_may_be_meant() {
        for (typed, meant) in [("gmial", "gmail"), ("outlok", "outlook"), ("Fastmial.com", "fastmail")] {
            let words = provider(typed).expect_err("a misspelt name");
            assert!(words.contains("did you mean") && words.contains(meant), "{words}");
        }
        let words = provider(&"x".repeat(10_000)).expect_err("no name");
        assert!(words.contains("`mailprobe providers` lists all") && words.len() < 400, "{words}");
    }
}
