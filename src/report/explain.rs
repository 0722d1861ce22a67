//! `mailprobe explain`: what the states and findings of a report mean.

pub mod glossary;
mod reply;

use std::collections::BTreeMap;

use super::article::{self, Block};
use super::json;
use super::mirror::{all, mirror};
use super::style::{Ink, Page, Style};
use crate::diagnosis::reference::{Entry, Subject};
use crate::diagnosis::reply::ReplyMeaning;
use crate::diagnosis::{FindingId, State};
use crate::words::distinct;
use glossary::{GLOSSARY, Word};

pub fn text(subject: &Subject, style: Style) -> String {
    let mut page = Page::new(style);
    let Entry { title, meaning, evidence, advice } = subject.entry;
    page.paragraph(&[(Ink::Strong, subject.name()), (Ink::Plain, ": ")], INDENT, Ink::Plain, title);
    page.paragraph(&[], INDENT, Ink::Faint, &kind(subject));
    for (label, text) in [("What it means", meaning), ("Evidence", evidence), ("What to do", advice)] {
        page.blank();
        page.paragraph(&[], 0, Ink::Strong, label);
        page.paragraph(&[], INDENT, Ink::Plain, text);
    }
    page.into_text()
}

/// A word of the glossary; `note` is what was asked beyond it, as the meaning of a number.
pub fn word(word: &Word, note: Option<&str>, style: Style) -> String {
    let mut blocks = vec![Block::heading(word.name), Block::text(word.meaning)];
    blocks.extend(note.map(Block::text));
    article::text(&blocks, style)
}

/// A server's reply.
pub fn reply(reply: &ReplyMeaning, style: Style) -> String {
    article::text(&reply::blocks(reply), style)
}

const INDENT: usize = 2;

fn kind(subject: &Subject) -> String {
    let Some(state) = subject.state else { return "a finding".to_owned() };
    let and = if subject.finding.is_some() { " and the finding that explains it" } else { "" };
    format!("a state (exit code {}){and}", state.exit_code())
}

/// All names, as text for a terminal: the states by exit code, the findings by topic.
pub fn list(style: Style) -> String {
    let mut page = Page::new(style);
    page.paragraph(&[], 0, Ink::Strong, "States, by exit code");
    for (code, states) in states_by_exit_code() {
        let lead = format!("{code:>5}  ");
        let names: Vec<_> = states.iter().map(|state| state.name()).collect();
        page.paragraph(&[(Ink::Plain, &lead)], lead.len(), Ink::Plain, &names.join(", "));
    }
    page.blank();
    page.paragraph(&[], 0, Ink::Strong, "Findings that do not explain a state, by topic");
    for (topic, findings) in findings_by_topic() {
        let names: Vec<_> =
            findings.iter().map(|id| id.name()).filter(|name| State::from_name(name).is_none()).collect();
        if !names.is_empty() {
            page.paragraph(&[], INDENT, Ink::Faint, topic);
            page.paragraph(&[], 2 * INDENT, Ink::Plain, &names.join(", "));
        }
    }
    page.blank();
    page.paragraph(&[], 0, Ink::Strong, "Words of a report");
    let words: Vec<_> = GLOSSARY.iter().map(|word| word.name).collect();
    page.paragraph(&[], INDENT, Ink::Plain, &words.join(", "));
    page.blank();
    page.paragraph(&[], 0, Ink::Plain, "To explain one of them: mailprobe explain starttls-stripped");
    page.paragraph(&[], 0, Ink::Plain, "A server's reply: mailprobe explain 554");
    page.paragraph(
        &[],
        0,
        Ink::Plain,
        "The ports, and the configuration file: mailprobe explain ports, explain config",
    );
    page.into_text()
}

/// The exit codes in order, each with its states.
pub fn states_by_exit_code() -> Vec<(u8, Vec<State>)> {
    let mut codes: BTreeMap<u8, Vec<State>> = BTreeMap::new();
    for &state in State::ALL {
        codes.entry(state.exit_code()).or_default().push(state);
    }
    codes.into_iter().collect()
}

/// The topics in the order of a check, each with its findings.
pub fn findings_by_topic() -> Vec<(&'static str, Vec<FindingId>)> {
    let topics = distinct(FindingId::ALL.iter().map(|id| id.topic()));
    let of_topic = |topic| FindingId::ALL.iter().copied().filter(|id| id.topic() == topic).collect();
    topics.into_iter().map(|topic| (topic, of_topic(topic))).collect()
}

/// Names, explained, as a JSON document, indented, with a line feed at its end. Names are only ever added.
pub fn json(subjects: &[Subject]) -> serde_json::Result<String> {
    json::table("mailprobe/reference/v1", "entries", &all::<_, EntryRow>(subjects))
}

/// Words of the glossary as a JSON document.
pub fn words_json(words: &[&Word]) -> serde_json::Result<String> {
    json::table("mailprobe/reference/v1", "words", &all::<_, WordRow>(words.iter().copied()))
}

mirror! {
    struct WordRow from word: &Word {
        name: &'static str = word.name,
        meaning: &'static str = word.meaning,
    }
}

mirror! {
    struct EntryRow from subject: &Subject {
        name: &'static str = subject.name(),
        /// What a run exits with that fails in this state; null where the name is no state's.
        exit_code: Option<u8> = subject.state.map(State::exit_code),
        state: bool = subject.state.is_some(),
        finding: bool = subject.finding.is_some(),
        topic: Option<&'static str> = subject.finding.map(FindingId::topic),
        title: &'static str = subject.entry.title,
        meaning: &'static str = subject.entry.meaning,
        evidence: &'static str = subject.entry.evidence,
        advice: &'static str = subject.entry.advice,
    }
}
