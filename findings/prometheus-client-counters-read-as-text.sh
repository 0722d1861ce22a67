#!/usr/bin/env bash
# What Rust's prometheus-client writes by its `encoding::text` is no "text format" to Python's reader of that name: counters
# and infos arrive as families without samples, and the samples as others without a type.
#
# Seen on 28 November 2026 with prometheus-client 0.24.0 from crates.io, prometheus-client 0.22.1 from PyPI, and promtool 2.42.0
# of Debian 12, which is not installed by this script (it is asked if it is there).
#
#   * The Rust library writes OpenMetrics alone: `# TYPE mail_checks counter`, and then the sample mail_checks_total.
#   * Python's prometheus_client.parser reads it without an error: a counter mail_checks with no sample, and mail_checks_total,
#     of which nobody knows the type or the help. An info likewise. Gauges arrive whole, so that little looks wrong.
#   * prometheus_client.openmetrics.parser, of the same package, reads all of it as it was meant.
#   * promtool check metrics reads only the older format, and stops at the info: unknown metric type "info".
#
# Prometheus itself asks for OpenMetrics and is told by the Content-Type. Whoever serves that text as text/plain, writes it for
# the node exporter's textfile collector, or checks it with promtool, loses what a counter is.
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
prometheus-client = "=0.24.0"
TOML
cat >src/main.rs <<'RUST'
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge, info::Info};
use prometheus_client::registry::Registry;

fn main() {
    let mut registry = Registry::default();
    let checks = Counter::<u64>::default();
    checks.inc();
    registry.register("mail_checks", "Checks that were made", checks);
    let waiting = Gauge::<i64>::default();
    waiting.set(3);
    registry.register("mail_waiting", "Checks that wait", waiting);
    registry.register("mail_build", "What runs", Info::new(vec![("version", "1")]));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    print!("{text}");
}
RUST
cargo run --quiet >text
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check prometheus-client==0.22.1
cat >look.py <<'PYTHON'
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

text = open("text").read()
for name, reader in ("text", parser), ("OpenMetrics", openmetrics):
    for family in reader.text_string_to_metric_families(text):
        print(f"{name}: {family.type} {family.name}: {[sample.name for sample in family.samples]}")
PYTHON
{ cat text; env/bin/python look.py; } | tee seen
cat >expected <<'TEXT'
# HELP mail_checks Checks that were made.
# TYPE mail_checks counter
mail_checks_total 1
# HELP mail_waiting Checks that wait.
# TYPE mail_waiting gauge
mail_waiting 3
# HELP mail_build What runs.
# TYPE mail_build info
mail_build_info{version="1"} 1
# EOF
text: counter mail_checks: []
text: unknown mail_checks_total: ['mail_checks_total']
text: gauge mail_waiting: ['mail_waiting']
text: info mail_build: []
text: unknown mail_build_info: ['mail_build_info']
OpenMetrics: counter mail_checks: ['mail_checks_total']
OpenMetrics: gauge mail_waiting: ['mail_waiting']
OpenMetrics: info mail_build: ['mail_build_info']
TEXT
if command -v promtool >/dev/null; then
    if promtool check metrics <text; then exit 1; fi
fi
diff expected seen && echo "As told."
