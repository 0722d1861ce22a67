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

/// Another one, for the service.
const SERVICE_EXAMPLE: &str = "\
allow = [\"*.example.org\", \"192.0.2.0/24\"]

[defaults]
min-days = 14

[modules.mx]
expect = { 25 = \"ok\" }
deadline = \"30s\"
trace = \"failed\"

[modules.port25]
blocked = true
hosts = [\"mx.example.net\"]

[[targets]]
target = \"mx.example.org\"
module = \"mx\"
interval = \"1m\"

[[targets]]
target = \"@example.org\"

[[targets]]
module = \"port25\"
interval = \"1h\"

[webhook]
url = \"https://hooks.example.org/mailprobe\"
";

/// What the file is, every key, and examples.
pub(in super::super) fn description() -> Vec<Block> {
    let schema = config_schema();
    let term = |term: &str, meaning: &str| Block::Term(term.to_owned(), meaning.to_owned());
    let mut blocks = vec![
        Block::heading("mailprobe.toml: the configuration file of --config"),
        Block::text(
            "A TOML file (toml.io) with the checks that `mailprobe --config mailprobe.toml` runs, with what `mailprobe \
             serve --config mailprobe.toml` serves, or with both. It may bear any name and lie anywhere. With --dry-run \
             either command shows what it would do.",
        ),
        Block::heading("Tables"),
        term(
            "[[check]]",
            "One check of `mailprobe --config`, with a target and what is special about it. Write the line once for each.",
        ),
        term(
            "[defaults]",
            "What holds for every check and every module that does not say otherwise: the keys of a check, without \
             target. What neither says is as on the command line.",
        ),
        term(
            "[modules.NAME]",
            "A way in which `mailprobe serve` checks, asked for as /probe?target=mail.example.org&module=NAME: the keys \
             of a check, without target, and some more. Two are there by themselves, and can be replaced: default checks \
             as `mailprobe TARGET` does, blocked as `mailprobe blocked`.",
        ),
        term(
            "[[targets]]",
            "Something that `mailprobe serve` checks by itself, again and again. Write the line once for each.",
        ),
        term("[webhook]", "Whom `mailprobe serve` tells when a target becomes better or worse."),
    ];
    // Tables are described above.
    let top = keys_that(schema.get("properties"), |_, key| key["items"]["type"] == "string");
    for (title, keys) in [
        ("Keys before all tables", top),
        ("Keys of a check", keys_of("CheckTable", None)),
        ("More keys of a module", keys_of("ModuleTable", Some("CheckTable"))),
        ("Keys of a target", keys_of("TargetTable", None)),
        ("Keys of the webhook", keys_of("WebhookTable", None)),
    ] {
        blocks.push(Block::heading(title));
        blocks.extend(keys);
    }
    blocks.extend([Block::heading("Example for mailprobe serve"), Block::Sample(SERVICE_EXAMPLE.to_owned())]);
    blocks.extend([Block::heading("Example"), Block::Sample(EXAMPLE.to_owned())]);
    blocks
}

/// The keys of a table that another one has not.
fn keys_of(table: &str, other: Option<&str>) -> Vec<Block> {
    let schema = config_schema();
    let of = |table: &str| schema.pointer(&format!("/$defs/{table}/properties")).cloned();
    let others = other.and_then(of);
    let keys = of(table);
    keys_that(keys.as_ref(), |name, _| others.as_ref().is_none_or(|others| others.get(name).is_none()))
}

/// Keys, from the schema that editors complete them by.
fn keys_that(keys: Option<&Value>, is_wanted: impl Fn(&str, &Value) -> bool) -> Vec<Block> {
    let keys = keys.and_then(Value::as_object).into_iter().flatten();
    let mut keys: Vec<_> = keys.filter(|(name, key)| is_wanted(name, key)).collect();
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
        for key in [
            "target (a text)",
            "expect (a table)",
            "min-days (a number)",
            "strict (true or false)",
            "ports (a list)",
            "allow (a list)",
            "deadline (a text)",
            "blocked (true or false)",
            "interval (a text)",
            "url (a text)",
        ] {
            assert!(terms.contains(&key), "{key} is not among {terms:?}");
        }
    }
}
