#!/usr/bin/env bash
# serde-saphyr, a YAML reader for Rust, takes the numbers of both versions of YAML, and refuses the one that they disagree on.
#
# Seen on 28 November 2026 with serde-saphyr 2.2.0 from crates.io, beside PyYAML 6.0.2 (YAML 1.1) and ruamel.yaml 0.18.6 (YAML
# 1.2) from PyPI. A field that is a number (u32 in Rust) is written
#
#   * 0o640, octal in YAML 1.2: serde-saphyr reads 416, as ruamel.yaml does. To PyYAML it is a text.
#   * 0b11 and 1_000, numbers in YAML 1.1 alone: serde-saphyr reads 3 and 1000, as PyYAML and even ruamel.yaml do.
#   * 0640, as modes of files have always been written: 416 to PyYAML, 640 to ruamel.yaml; to serde-saphyr an error, "invalid
#     u32". In a field that is a text it is "0640".
#   * yes, no, on, off and y, where a truth value is wanted: serde-saphyr reads them as YAML 1.1 has them. PyYAML does so too,
#     but for y, which it takes for a text.
#
# So a configuration that other readers take is refused if a number in it begins with a zero, whichever version it was written
# for. Read such a field as a text.
#
# Needs cargo with a Rust of 2025 or later, python3 with venv, crates.io and PyPI. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "look"
version = "0.0.0"
edition = "2021"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde-saphyr = "=2.2.0"
TOML
cat >src/main.rs <<'RUST'
#[derive(serde::Deserialize)]
struct File {
    mode: Option<u32>,
    name: Option<String>,
    keep: Option<bool>,
}

fn main() {
    for text in ["mode: 0o640", "mode: 0b11", "mode: 1_000", "mode: 0640", "name: 0640", "keep: yes", "keep: off", "keep: y"] {
        match serde_saphyr::from_str::<File>(text) {
            Ok(File { mode, name, keep }) => println!("serde-saphyr {text} -> {mode:?} {name:?} {keep:?}"),
            Err(error) => println!("serde-saphyr {text} -> {}", error.to_string().lines().next().unwrap_or_default()),
        }
    }
}
RUST
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check PyYAML==6.0.2 ruamel.yaml==0.18.6
cat >look.py <<'PYTHON'
import yaml
from ruamel.yaml import YAML

for text in ["mode: 0o640", "mode: 0b11", "mode: 1_000", "mode: 0640", "keep: yes", "keep: off", "keep: y"]:
    old, new = yaml.safe_load(text), YAML(typ="safe", pure=True).load(text)
    print(f"{text} -> PyYAML {list(old.values())[0]!r}, ruamel.yaml {list(new.values())[0]!r}")
PYTHON
{ cargo run --quiet; env/bin/python look.py; } | tee seen
cat >expected <<'TEXT'
serde-saphyr mode: 0o640 -> Some(416) None None
serde-saphyr mode: 0b11 -> Some(3) None None
serde-saphyr mode: 1_000 -> Some(1000) None None
serde-saphyr mode: 0640 -> error: line 1 column 7: invalid u32
serde-saphyr name: 0640 -> None Some("0640") None
serde-saphyr keep: yes -> None None Some(true)
serde-saphyr keep: off -> None None Some(false)
serde-saphyr keep: y -> None None Some(true)
mode: 0o640 -> PyYAML '0o640', ruamel.yaml 416
mode: 0b11 -> PyYAML 3, ruamel.yaml 3
mode: 1_000 -> PyYAML 1000, ruamel.yaml 1000
mode: 0640 -> PyYAML 416, ruamel.yaml 640
keep: yes -> PyYAML True, ruamel.yaml 'yes'
keep: off -> PyYAML False, ruamel.yaml 'off'
keep: y -> PyYAML 'y', ruamel.yaml 'y'
TEXT
diff expected seen && echo "As told."
