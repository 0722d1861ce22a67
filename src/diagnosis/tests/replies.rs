//! Real answers of servers, from `data/replies.toml`.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::diagnosis::FindingId;
use crate::protocol::{Reply, imap, pop3, smtp};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    login: Vec<Row>,
    envelope: Vec<Row>,
}

/// One answer, with what it means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub server: String,
    /// With lines separated as in the reply itself.
    pub reply: String,
    means: String,
    pub source: String,
    pub seen: String,
    /// Of a login: whether a token was used, and the decoded challenge.
    #[serde(default)]
    pub token: bool,
    #[serde(default)]
    pub challenge: Option<String>,
    /// Of an envelope: "sender" where it answers MAIL FROM.
    #[serde(default)]
    pub asked: Option<String>,
    #[serde(default)]
    pub list: Option<String>,
    /// In seconds.
    #[serde(default)]
    pub wait: Option<u64>,
}

impl Row {
    pub(crate) fn means(&self) -> FindingId {
        FindingId::from_name(&self.means).unwrap_or_else(|| panic!("{} is no finding", self.means))
    }

    /// Whether it is more than "cannot tell".
    fn says_why(&self) -> bool {
        !["login-refused", "login-unavailable", "mail-refused", "mail-deferred"].contains(&self.means.as_str())
    }

    pub(crate) fn read(&self) -> Reply {
        reply(&self.reply)
    }
}

/// Reads one in the protocol that it has the shape of.
pub(crate) fn reply(text: &str) -> Reply {
    smtp::read_reply(text)
        .or_else(|| pop3::read_reply(text))
        .or_else(|| imap::read_reply(text))
        .unwrap_or_else(|| panic!("{text:?} is no reply"))
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(include_str!("../../../data/replies.toml")).expect("the table can be read"))
}

pub(crate) fn logins() -> &'static [Row] {
    &table().login
}

pub(crate) fn envelopes() -> &'static [Row] {
    &table().envelope
}

/// A reply with the code of one, the enhanced code (or response code) of another and the words of a third.
pub(crate) fn mixed(code: &Reply, fine: &Reply, words: &Reply) -> Reply {
    Reply {
        status: code.status,
        word: code.word.clone(),
        enhanced: fine.enhanced.clone(),
        response_code: fine.response_code.clone(),
        text: words.text.clone(),
        lines: Vec::new(),
    }
}

/// What each code, and each finer code, means in the rows of a table that say why.
pub(crate) struct Witnesses {
    codes: HashMap<String, Vec<FindingId>>,
    finer: HashMap<String, Vec<FindingId>>,
}

impl Witnesses {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let (mut codes, mut finer) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for row in rows.iter().filter(|row| row.says_why()) {
            let reply = row.read();
            if let Some(fine) = fine_of(&reply) {
                finer.entry(fine).or_default().push(row.means());
            }
            // NO and -ERR say nothing but that it is a refusal.
            if reply.word.starts_with(|first: char| first.is_ascii_digit()) {
                codes.entry(reply.word).or_default().push(row.means());
            }
        }
        Self { codes, finer }
    }

    /// How many of the three parts of a mixture speak against a meaning: the words, where they say something else by
    /// themselves; a code, or a finer code, where it is a telling one and no row that has it means this.
    pub(crate) fn against(
        &self,
        meaning: FindingId,
        code: &Reply,
        fine: &Reply,
        words_alone: Option<FindingId>,
    ) -> usize {
        let speaks_against = |meanings: Option<&Vec<FindingId>>| {
            meanings.is_some_and(|meanings| is_telling(meanings) && !meanings.contains(&meaning))
        };
        usize::from(speaks_against(self.codes.get(&code.word)))
            + usize::from(speaks_against(fine_of(fine).and_then(|fine| self.finer.get(&fine))))
            + usize::from(words_alone.is_some_and(|alone| alone != meaning))
    }
}

/// A code that at least three rows have, for three meanings at most. Those with more are catch-alls (550, 5.7.1, 535), and
/// one or two rows do not show what a code is used for.
fn is_telling(meanings: &[FindingId]) -> bool {
    meanings.len() >= 3 && meanings.iter().collect::<HashSet<_>>().len() <= 3
}

/// The subject and the detail of the enhanced code (its class is a matter of the code), or the response code.
fn fine_of(reply: &Reply) -> Option<String> {
    let detail = reply.enhanced.as_deref().and_then(|enhanced| enhanced.split_once('.')).map(|(_, detail)| detail);
    detail.map(str::to_owned).or_else(|| reply.response_code.clone())
}

/// One reply for each of what a function tells apart: most rows share their codes with others.
pub(crate) fn distinct_by<K: Eq + Hash>(rows: &[Row], key: impl Fn(&Reply) -> K) -> Vec<Reply> {
    let mut seen = HashSet::new();
    rows.iter().map(Row::read).filter(|reply| seen.insert(key(reply))).collect()
}
