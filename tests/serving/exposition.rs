//! Prometheus' text format, as far as a test must read it. Whether it is well made is promtool's to say.

use std::collections::BTreeMap;

/// The labels of a sample.
pub(crate) type Labels = BTreeMap<String, String>;

/// The samples of one answer.
#[derive(Debug)]
pub(crate) struct Samples(Vec<(String, Labels, f64)>);

impl Samples {
    /// Reads `name{label="value"} 1` line by line.
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(|line| sample(line).unwrap_or_else(|| panic!("{line:?} is no sample"))).collect())
    }

    /// All samples of this name.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Labels, f64)> {
        self.0.iter().filter(move |(other, ..)| other == name).map(|(_, labels, value)| (labels, *value))
    }

    /// The only sample of this name.
    pub(crate) fn only(&self, name: &str) -> f64 {
        let values: Vec<f64> = self.of(name).map(|(_, value)| value).collect();
        assert_eq!(values.len(), 1, "{name} in {self:#?}");
        values[0]
    }

    /// What `label` says in the samples of this name that are 1.
    pub(crate) fn set(&self, name: &str, label: &str) -> Vec<&str> {
        let holding = self.0.iter().filter(|(other, _, value)| other == name && (value - 1.0).abs() < f64::EPSILON);
        holding.filter_map(|(_, labels, _)| labels.get(label).map(String::as_str)).collect()
    }
}

fn sample(line: &str) -> Option<(String, Labels, f64)> {
    let name_ends = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_ends);
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, quoted) = rest.trim_start_matches(',').split_once("=\"")?;
            let (value, after) = unquoted(quoted)?;
            labels.insert(label.trim().to_owned(), value);
            rest = after;
        }
        rest = &rest[1..];
    }
    Some((name.to_owned(), labels, rest.trim().parse().ok()?))
}

/// What stands before the closing quote, and what comes after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    loop {
        match characters.next()? {
            (at, '"') => return Some((value, &text[at + 1..])),
            (_, '\\') => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            (_, other) => value.push(other),
        }
    }
}
