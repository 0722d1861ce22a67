//! The policy file of MTA-STS (RFC 8461, section 3.2). Pure.

use super::excerpt::excerpt;
use super::text_record::is_name;
use crate::observation::promises::{MtaStsMode, MtaStsPolicy, PolicyFault};
use crate::target::Host;

/// How many faults of one file are told.
const MAX_FAULTS: usize = 16;

/// About a year.
const MAX_AGE: u32 = 31_557_600;

/// Senders that keep a policy for less hardly ever have one when it matters.
const SHORT_LIFE: u32 = 24 * 60 * 60;

/// The fields that stand in a policy once. `mx` may stand there several times.
const ONCE: [&str; 3] = ["version", "mode", "max_age"];

/// The policy in a file; else everything that is wrong with it.
pub(super) fn parse(file: &[u8], content_type: Option<&str>) -> Result<MtaStsPolicy, Vec<PolicyFault>> {
    let mut reader = PolicyReader::default();
    if !content_type.is_some_and(is_plain_text) {
        note(&mut reader.remarks, PolicyFault::ContentType(content_type.map(excerpt)));
    }
    let read = match std::str::from_utf8(file) {
        Ok(text) => reader.fields(text),
        Err(_) => None,
    };
    let Some(fields) = read else {
        let text = String::from_utf8_lossy(file);
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).map(excerpt);
        note(&mut reader.faults, PolicyFault::NotAPolicy(first));
        return Err(reader.all());
    };
    reader.version(&fields);
    let mode = reader.mode(&fields);
    let max_age = reader.max_age(&fields, mode);
    let hosts = reader.hosts(&fields, mode);
    match (mode, max_age, hosts) {
        (Some(mode), Some(max_age), Some(hosts)) if reader.faults.is_empty() => {
            Ok(MtaStsPolicy { mode, hosts, max_age, faults: reader.all() })
        }
        _ => Err(reader.all()),
    }
}

#[derive(Default)]
struct PolicyFields<'a> {
    once: Vec<(&'a str, &'a str)>,
    mx: Vec<&'a str>,
}

#[derive(Default)]
struct PolicyReader {
    /// What keeps senders from using the policy.
    faults: Vec<PolicyFault>,
    /// What does not.
    remarks: Vec<PolicyFault>,
}

impl<'a> PolicyFields<'a> {
    fn once(&self, name: &str) -> Option<&'a str> {
        self.once.iter().find(|(named, _)| *named == name).map(|(_, value)| *value)
    }
}

impl PolicyReader {
    fn all(self) -> Vec<PolicyFault> {
        self.faults.into_iter().chain(self.remarks).take(MAX_FAULTS).collect()
    }

    /// The fields; `None` where there is none that could be of a policy.
    fn fields<'a>(&mut self, text: &'a str) -> Option<PolicyFields<'a>> {
        let mut fields = PolicyFields::default();
        let mut is_policy = false;
        let (mut bad, mut unknown) = (Vec::new(), Vec::new());
        for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
            let line = line.trim_end_matches([' ', '\t']);
            let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_name(name)) else {
                if !line.is_empty() {
                    note(&mut bad, PolicyFault::BadLine(excerpt(line)));
                }
                continue;
            };
            is_policy |= ONCE.iter().any(|known| known.eq_ignore_ascii_case(name)) || name.eq_ignore_ascii_case("mx");
            let value = value.trim_start_matches([' ', '\t']);
            if name == "mx" {
                fields.mx.push(value);
            } else if !ONCE.contains(&name) {
                note(&mut unknown, PolicyFault::Unknown(name.to_owned()));
            } else if fields.once(name).is_some() {
                note(&mut self.remarks, PolicyFault::Twice(name.to_owned()));
            } else {
                fields.once.push((name, value));
            }
        }
        if !is_policy {
            // It is something else, whose lines say nothing here.
            return None;
        }
        self.remarks.extend(bad.into_iter().chain(unknown));
        Some(fields)
    }

    fn version(&mut self, fields: &PolicyFields<'_>) {
        if let Some(version) = self.required(fields, "version")
            && version != "STSv1"
        {
            self.bad_value("version", version, "STSv1");
        }
    }

    fn mode(&mut self, fields: &PolicyFields<'_>) -> Option<MtaStsMode> {
        let text = self.required(fields, "mode")?;
        let mode = MtaStsMode::from_name(text);
        if mode.is_none() {
            self.bad_value("mode", text, "enforce, testing or none");
        }
        mode
    }

    fn max_age(&mut self, fields: &PolicyFields<'_>, mode: Option<MtaStsMode>) -> Option<u32> {
        let text = self.required(fields, "max_age")?;
        // `parse` takes a sign, too.
        let is_number = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let max_age = text.parse().ok().filter(|max_age| is_number && *max_age <= MAX_AGE);
        match max_age {
            None => self.bad_value("max_age", text, "a number of seconds from 0 to 31557600"),
            // A policy that is being withdrawn lives shortly on purpose.
            Some(short) if short < SHORT_LIFE && mode != Some(MtaStsMode::None) => {
                note(&mut self.remarks, PolicyFault::ShortLife(short));
            }
            Some(_) => {}
        }
        max_age
    }

    /// The patterns that can match a host.
    fn hosts(&mut self, fields: &PolicyFields<'_>, mode: Option<MtaStsMode>) -> Option<Vec<String>> {
        let needs_hosts = mode != Some(MtaStsMode::None);
        if needs_hosts && fields.mx.is_empty() {
            note(&mut self.faults, PolicyFault::Missing("mx"));
        }
        let (mut hosts, mut bad) = (Vec::new(), Vec::new());
        for &text in &fields.mx {
            match pattern(text) {
                Some(pattern) => hosts.push(pattern),
                None => note(&mut bad, PolicyFault::BadPattern(excerpt(text))),
            }
        }
        if needs_hosts && hosts.is_empty() {
            self.faults.extend(bad);
            return None;
        }
        self.remarks.extend(bad);
        Some(hosts)
    }

    fn required<'a>(&mut self, fields: &PolicyFields<'a>, name: &'static str) -> Option<&'a str> {
        let found = fields.once(name);
        if found.is_none() {
            note(&mut self.faults, PolicyFault::Missing(name));
        }
        found
    }

    fn bad_value(&mut self, field: &'static str, value: &str, allowed: &'static str) {
        note(&mut self.faults, PolicyFault::BadValue { field, value: excerpt(value), allowed });
    }
}

/// Each fault once, and not without end.
fn note(faults: &mut Vec<PolicyFault>, fault: PolicyFault) {
    if faults.len() < MAX_FAULTS && !faults.contains(&fault) {
        faults.push(fault);
    }
}

/// Parameters, as the charset, change nothing.
fn is_plain_text(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/plain"))
}

/// A host's name, or `*.` and the rest of one, in lower case (RFC 8461, section 4.1). In a policy it has no final dot.
fn pattern(text: &str) -> Option<String> {
    let domain = text.strip_prefix("*.").unwrap_or(text);
    let is_written_as_name = domain.is_ascii() && !domain.ends_with('.');
    let is_name = matches!(domain.parse(), Ok(Host::Name(_)));
    (is_written_as_name && is_name).then(|| text.to_ascii_lowercase())
}
