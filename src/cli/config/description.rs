//! The configuration file, described: `mailprobe explain config`, `mailprobe man config`.

use serde_json::Value;

use super::file::config_schema;
use crate::report::article::Block;

/// A complete file, small.
const EXAMPLE: &str = "\
[defaults]
min-days = 14
timeout = \"30s\"

[[check]]
target = \"mail.example.org\"
expect = { 25 = \"ok\", 587 = \"starttls\", 993 = \"ok\", 143 = \"closed\" }

[[check]]
target = \"imaps://mail.example.net\"
min-tls = \"1.3\"
addresses = \"any\"
";

/// What the file is, every key, and an example.
pub(in super::super) fn description() -> Vec<Block> {
    let mut blocks = vec![
        Block::heading("mailprobe.toml: the configuration file of --config"),
        Block::text(
            "A TOML file (toml.io) with the checks that `mailprobe --config mailprobe.toml` runs. It may bear any name and \
             lie anywhere. `mailprobe --config mailprobe.toml --dry-run` shows what would be checked.",
        ),
        Block::heading("Tables"),
        Block::Term(
            "[[check]]".to_owned(),
            "One check, with a target and what is special about it. There must be at least one; write the line once for \
             each."
            .to_owned(),
        ),
        Block::Term(
            "[defaults]".to_owned(),
            "What holds for every check that does not say otherwise: the same keys, without target. What neither says is \
             as on the command line."
            .to_owned(),
        ),
        Block::heading("Keys"),
    ];
    blocks.extend(keys());
    blocks.extend([Block::heading("Example"), Block::Sample(EXAMPLE.to_owned())]);
    blocks
}

/// The keys of a check, from the schema that editors complete them by.
fn keys() -> Vec<Block> {
    let schema = config_schema();
    let keys = schema.get("$defs").and_then(|types| types.pointer("/CheckTable/properties")).and_then(Value::as_object);
    let mut keys: Vec<_> = keys.into_iter().flatten().collect();
    // What every check must have comes first.
    keys.sort_by_key(|(name, _)| *name != "target");
    let key = |(name, key): (&String, &Value)| {
        let meaning = key["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        Block::Term(format!("{name} ({})", kind(key)), meaning)
    };
    keys.into_iter().map(key).collect()
}

/// What sort of value a key takes.
fn kind(key: &Value) -> &'static str {
    let types = &key["type"];
    let is = |name| types == name || types.as_array().is_some_and(|types| types.iter().any(|one| one == name));
    if is("array") {
        "a list"
    } else if is("integer") {
        "a number"
    } else if is("boolean") {
        "true or false"
    } else if is("object") {
        "a table"
    } else {
        "a text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let blocks = description();
        let terms: Vec<&str> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Term(term, meaning) => {
                    assert!(meaning.ends_with('.'), "{term}: {meaning}");
                    Some(term.as_str())
                }
                _ => None,
            })
            .collect();
        for key in
            ["target (a text)", "expect (a table)", "min-days (a number)", "strict (true or false)", "ports (a list)"]
        {
            assert!(terms.contains(&key), "{key} is not among {terms:?}");
        }
    }
}
