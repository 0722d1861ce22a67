//! Metrics in Prometheus' text format: families of samples, encoded by the `prometheus` crate.
//!
//! The families are built anew for every answer, so there is no registry: what was checked a minute ago leaves no series
//! behind.

mod facts;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use facts::{certificate_life, dane_matches, is_well, tls_session, tls_version};
use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use super::brief::visible;

/// Metrics as text, family by family.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Appends a family of gauges: the samples that `fill` adds. Without any, it is left out.
    pub fn family(&mut self, name: &str, help: &str, fill: impl FnOnce(&mut Samples)) {
        self.fill(MetricType::GAUGE, name, help, fill);
    }

    /// Appends a family of counters.
    pub fn counters(&mut self, name: &str, help: &str, fill: impl FnOnce(&mut Samples)) {
        self.fill(MetricType::COUNTER, name, help, fill);
    }

    /// A family of a single sample without labels.
    pub fn single(&mut self, name: &str, help: &str, value: impl Value) {
        self.family(name, help, |samples| samples.add(&Labels::default(), value));
    }

    fn fill(&mut self, kind: MetricType, name: &str, help: &str, fill: impl FnOnce(&mut Samples)) {
        let mut samples = Samples { kind, metrics: Vec::new() };
        fill(&mut samples);
        if samples.metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(samples.metrics);
        self.append(&[family]);
    }

    /// Appends families that were gathered elsewhere.
    pub fn append(&mut self, families: &[MetricFamily]) {
        // It fails where a writer does, and for a family without a name or a sample: there is none of these here.
        let _ = TextEncoder::new().encode_utf8(families, &mut self.text);
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// The samples of a family.
#[derive(Debug)]
pub struct Samples {
    kind: MetricType,
    metrics: Vec<Metric>,
}

impl Samples {
    pub fn add(&mut self, labels: &Labels, value: impl Value) {
        self.push(labels.0.clone(), value);
    }

    /// A sample with labels beside those that several have.
    pub fn add_with<const N: usize>(&mut self, labels: &Labels, more: [(&str, &str); N], value: impl Value) {
        self.push(labels.and(more), value);
    }

    /// A state set: one sample for each name, 1 for the one that is the case.
    pub fn add_state_set<'a>(
        &mut self,
        labels: &Labels,
        label: &str,
        names: impl Iterator<Item = &'a str>,
        current: &str,
    ) {
        for name in names {
            self.add_with(labels, [(label, name)], name == current);
        }
    }

    fn push(&mut self, labels: Vec<LabelPair>, value: impl Value) {
        let value = value.into_sample();
        let mut metric = Metric::from_label(labels);
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.metrics.push(metric);
    }
}

/// Names and values of labels. Whatever a server said, a value has no control characters and no line ends: they are shown
/// by their escapes. What the format itself needs escaped, the encoder does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Labels(Vec<LabelPair>);

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|pair| pair.value().hash(state));
    }
}

impl Labels {
    pub fn new<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        Self(Self::default().and(pairs))
    }

    /// These alone, from the first on.
    pub fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).cloned().collect())
    }

    fn and<const N: usize>(&self, more: [(&str, &str); N]) -> Vec<LabelPair> {
        let mut all = Vec::with_capacity(self.0.len() + N);
        all.extend_from_slice(&self.0);
        all.extend(more.into_iter().map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(visible(value).into_owned());
            pair
        }));
        all
    }
}

/// Everything that has labels once, in its order: a series may occur once only. Of several with the same labels, the one that
/// weighs most.
pub fn distinct<T>(all: impl Iterator<Item = (Labels, T)>, weight: impl Fn(&T) -> u8) -> Vec<(Labels, T)> {
    let mut places = HashMap::new();
    let mut distinct: Vec<(Labels, T)> = Vec::new();
    for (labels, one) in all {
        let place = *places.entry(labels.clone()).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some((_, known)) if weight(&one) > weight(known) => *known = one,
            Some(_) => {}
            None => distinct.push((labels, one)),
        }
    }
    distinct
}

/// What can be the value of a sample.
pub trait Value {
    fn into_sample(self) -> f64;
}

impl Value for f64 {
    fn into_sample(self) -> f64 {
        self
    }
}

impl Value for bool {
    fn into_sample(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Value for u8 {
    fn into_sample(self) -> f64 {
        f64::from(self)
    }
}

impl Value for Duration {
    fn into_sample(self) -> f64 {
        self.as_secs_f64()
    }
}

/// Counts, and Unix time: far below 2⁵³, from where on whole numbers would be rounded.
impl Value for i64 {
    #[expect(clippy::cast_precision_loss)]
    fn into_sample(self) -> f64 {
        self as f64
    }
}

impl Value for usize {
    #[expect(clippy::cast_precision_loss)]
    fn into_sample(self) -> f64 {
        self as f64
    }
}

impl Value for u64 {
    #[expect(clippy::cast_precision_loss)]
    fn into_sample(self) -> f64 {
        self as f64
    }
}

/// Unix time in whole seconds.
impl Value for SystemTime {
    fn into_sample(self) -> f64 {
        self.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().into_sample()
    }
}
