//! What mailprobe knows without a network: `mailprobe ports`, `providers` and `explain`.

use super::console::{print, style};
use super::output::{Format, Output};
use super::similar::similar;
use crate::diagnosis::reference::{self, Subject};
use crate::providers::{self, Provider};
use crate::report::{explain as explanations, ports as port_table, providers as provider_table};
use crate::target::Quoted;

/// `mailprobe ports`
pub(super) fn ports(wanted: Output) -> Result<(), u8> {
    print(match wanted.format {
        Format::Json | Format::Jsonl => port_table::json().map_err(Into::into),
        _ => Ok(port_table::text(style(wanted.color))),
    })
}

/// `mailprobe explain [NAME]`
pub(super) fn explain(subject: Option<&Subject>, wanted: Output) -> Result<(), u8> {
    let style = style(wanted.color);
    let text = match (wanted.format, subject) {
        (Format::Json | Format::Jsonl, Some(subject)) => explanations::json(std::slice::from_ref(subject)),
        (Format::Json | Format::Jsonl, None) => explanations::json(&reference::subjects()),
        (_, Some(subject)) => Ok(explanations::text(subject, style)),
        (_, None) => Ok(explanations::list(style)),
    };
    print(text.map_err(Into::into))
}

/// `mailprobe providers [NAME]`
pub(super) fn providers(one: Option<&Provider>, wanted: Output) -> Result<(), u8> {
    let style = style(wanted.color);
    let text = match (wanted.format, one) {
        (Format::Json | Format::Jsonl, Some(provider)) => provider_table::json(std::slice::from_ref(provider)),
        (Format::Json | Format::Jsonl, None) => provider_table::json(providers::all()),
        (_, Some(provider)) => Ok(provider_table::one(provider, style)),
        (_, None) => Ok(provider_table::table(providers::all(), style)),
    };
    print(text.map_err(Into::into))
}

/// A state or finding by its name; else one line with names that look like it.
pub(super) fn subject(name: &str) -> Result<Subject, String> {
    reference::look_up(name).ok_or_else(|| {
        let nearest = reference::nearest(name);
        let instead = if nearest.is_empty() {
            "`mailprobe explain` lists them all".to_owned()
        } else {
            format!("did you mean {}?", nearest.join(" or "))
        };
        format!("there is no state or finding {name:?}; {instead}")
    })
}

/// The provider of this short name or mail domain; else one line with names that look like it.
pub(super) fn provider(name: &str) -> Result<&'static Provider, String> {
    providers::find(name).ok_or_else(|| {
        let texts =
            providers::all().iter().flat_map(|provider| std::iter::once(&provider.name).chain(&provider.domains));
        let mut near: Vec<&str> = Vec::new();
        for provider in similar(name, texts.map(String::as_str)).into_iter().filter_map(providers::find) {
            if !near.contains(&provider.name.as_str()) {
                near.push(&provider.name);
            }
        }
        near.truncate(3);
        let advice = if near.is_empty() {
            "`mailprobe providers` lists all".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
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
