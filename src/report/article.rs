//! A text with headings, made once and printed in more than one way: for a terminal here, as a manual page by the command.

use super::style::{Ink, Page, Style};

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Text(String),
    /// Something to copy as it is.
    Sample(String),
    /// A word and what it means.
    Term(String, String),
}

impl Block {
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading(text.into())
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

const INDENT: usize = 2;

/// The blocks, as text for a terminal.
pub fn text(blocks: &[Block], style: Style) -> String {
    let mut page = Page::new(style);
    add(&mut page, blocks);
    page.into_text()
}

pub(super) fn add(page: &mut Page, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Heading(text) => {
                if !page.is_empty() {
                    page.blank();
                }
                page.paragraph(&[], 0, Ink::Strong, text);
            }
            Block::Text(text) => page.paragraph(&[(Ink::Plain, "  ")], INDENT, Ink::Plain, text),
            Block::Sample(text) => {
                for line in text.lines() {
                    page.line(&[(Ink::Plain, line)]);
                }
            }
            Block::Term(term, meaning) => {
                page.paragraph(&[(Ink::Plain, "  ")], INDENT, Ink::Strong, term);
                page.paragraph(&[(Ink::Plain, "      ")], 3 * INDENT, Ink::Plain, meaning);
            }
        }
    }
}
