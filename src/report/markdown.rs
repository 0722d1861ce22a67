//! `--format markdown`: tables to paste into a ticket, as GitHub, GitLab and others read them.
//!
//! What a server said stands in code spans, where nothing is interpreted. Other text is escaped, so that it cannot bring in
//! images or HTML, and a word of it that would become a link, a mention or a reference by itself stands in a code span,
//! too: no escape keeps GitHub and GitLab from looking for those in what they have already rendered.

use std::fmt::Write as _;

use super::brief::{absence, causes, grade, is_not_missed, push, transcript, visible};
use super::known::first;
use super::promises;
use super::scope::CauseScope;
use super::time::short;
use crate::correlation::Cause;
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};

pub fn render(run: &Report) -> String {
    run.targets.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn section(target: &JudgedTarget) -> String {
    let mut text = format!("### {}: {}\n\n", code(&target.typed), grade(target.verdict));
    push!(text, "{}\n\n", escaped(&target.conclusion));
    for hint in &target.hints {
        push!(text, "- {}\n", escaped(hint));
    }
    if !target.hints.is_empty() {
        text.push('\n');
    }
    if !target.endpoints.is_empty() {
        text.push_str("| Verdict | Port | Service | Address | State | TLS | Certificate | Time |\n");
        text.push_str("| --- | ---: | --- | --- | --- | --- | --- | ---: |\n");
        text.extend(target.endpoints.iter().map(row));
    }
    let scope = CauseScope::of(target);
    let items: String = causes(target).map(|cause| item(cause, &scope.name(cause))).collect();
    if !items.is_empty() {
        push!(text, "\n{items}");
    }
    text.push_str(&promises_kept(target));
    for judged in
        target.endpoints.iter().filter(|judged| matches!(judged.verdict, Verdict::Fail | Verdict::Inconclusive))
    {
        text.push_str(&what_was_said(judged));
    }
    text
}

fn row(judged: &JudgedEndpoint) -> String {
    let observation = &judged.observation;
    let endpoint = &observation.endpoint;
    let version = first(observation, |attempt| attempt.tls.as_ref()?.version.as_deref());
    let days = first(observation, |attempt| Some(attempt.tls.as_ref()?.certificate.as_ref()?.chain_days_left()));
    let state = judged.diagnosis.state;
    let (verdict, state) = if is_not_missed(judged) {
        ("-", format!("{} ({state})", absence(judged)))
    } else {
        (grade(judged.verdict), state.to_string())
    };
    format!(
        "| {verdict} | {} | {} | {} | {state} | {} | {} | {} |\n",
        endpoint.port,
        endpoint.service,
        endpoint.address.map(|address| code(&address.to_string())).unwrap_or_default(),
        version.map(cell).unwrap_or_default(),
        days.map(|days| format!("{days} days")).unwrap_or_default(),
        short(observation.duration),
    )
}

/// What the domain promises, and what became of it.
fn promises_kept(target: &JudgedTarget) -> String {
    let lines = promises::lines(target);
    let told = lines.iter().map(|line| format!("{}: {}", line.kind.label(), line.text));
    let mut items = String::new();
    for line in told.chain(promises::unanswered(target)).chain(promises::unpublished(target)) {
        push!(items, "- {}\n", escaped(&line));
    }
    if items.is_empty() { items } else { format!("\n**Promises**\n\n{items}") }
}

/// The transcript of an endpoint, folded away.
fn what_was_said(judged: &JudgedEndpoint) -> String {
    let said = transcript(&judged.observation);
    if said.is_empty() {
        return String::new();
    }
    let endpoint = &judged.observation.endpoint;
    let place = endpoint.address.map(|address| format!(" at {}", code(&address.to_string()))).unwrap_or_default();
    let fence = fence(&said, 3);
    format!(
        "\n**Port {} ({}){place}**\n\n<details><summary>what was said</summary>\n\n{fence}text\n{said}{fence}\n\n\
         </details>\n",
        endpoint.port, endpoint.service
    )
}

fn item(cause: &Cause, scope: &str) -> String {
    let scope = if scope.is_empty() { String::new() } else { format!(" ({})", escaped(scope)) };
    let mut text = format!("- {}{scope}: {}", cause.severity, escaped(&cause.message));
    for evidence in &cause.evidence {
        push!(text, " Seen: {}", code(evidence));
    }
    if let Some(hint) = &cause.hint {
        push!(text, " Hint: {}", escaped(hint));
    }
    text.push('\n');
    text
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let words: Vec<String> =
        text.split(' ').map(|word| if comes_alive(word) { code(word) } else { inert(word) }).collect();
    without_block(&words.join(" "))
}

/// Text for a cell of a table, where a bar would end the cell even in a code span.
fn cell(text: &str) -> String {
    escaped(&text.replace('|', "\\x7c"))
}

/// Whether GitHub or GitLab make a link, a mention or a reference of a word without any markup: `https://…`, `www.…`,
/// `mailto:…`, `a@example.org`, `@team`, `#12`, and GitLab's `!12`, `~label`, `&12`, `%milestone`, `$12`, `^alert`.
fn comes_alive(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let is_link = ["://", "www.", "mailto:", "xmpp:", "@"].iter().any(|sign| lower.contains(sign));
    let mut characters = word.chars().peekable();
    is_link
        || std::iter::from_fn(|| characters.next().map(|character| (character, characters.peek().copied()))).any(
            |(sign, next)| {
                matches!(sign, '#' | '!' | '~' | '&' | '%' | '$' | '^')
                    && next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '"'))
            },
        )
}

/// A word in which nothing is markup inside a line.
fn inert(word: &str) -> String {
    let mut shown = String::with_capacity(word.len());
    for character in word.chars() {
        let is_markup = "\\`*_[]<>#|~&$!^".contains(character);
        shown.extend(is_markup.then_some('\\'));
        shown.push(character);
    }
    shown
}

/// The text without what would make a list, a heading, a rule or an order to a CI system of a line that begins with it.
fn without_block(text: &str) -> String {
    let text = text.trim_start();
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = match text.get(number..).and_then(|rest| rest.chars().next()) {
        Some('.' | ')') if number > 0 => number,
        Some('-' | '+' | '=' | ':') if number == 0 => 0,
        _ => return text.to_owned(),
    };
    let (before, behind) = text.split_at_checked(sign).unwrap_or(("", text));
    format!("{before}\\{behind}")
}

fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = fence(&text, 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// More backquotes than stand in a row anywhere in the text, and at least `least`.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_would_become_a_link_or_a_mention_is_code() {
        for (text, shown) in [
            ("Probe it as smtps://mail.example.org:465.", "Probe it as `smtps://mail.example.org:465.`"),
            ("See WWW.example.org, or write to a@b.example", "See `WWW.example.org,` or write to `a@b.example`"),
            ("@team: #12, \"owner/name#3\" and !4", "`@team:` `#12,` `\"owner/name#3\"` and `!4`"),
            ("`a@b` ``", "`` `a@b` `` \\`\\`"),
            (
                "Renew it! 100 % of mail.example.org: [x](y) <b>",
                "Renew it\\! 100 % of mail.example.org: \\[x\\](y) \\<b\\>",
            ),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn a_line_begins_no_block_and_no_order() {
        for (text, shown) in [
            ("- a", "\\- a"),
            ("12. a", "12\\. a"),
            ("    a", "a"),
            ("===", "\\==="),
            ("::error::x", "\\::error::x"),
            ("25 works", "25 works"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }
}
