//! Where this program runs, by what the firmware and the environment say, and what is known of that place's mail ports.
//!
//! The table is `data/hostings.toml`, built in and read when it is first needed. No network is touched.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::words::ports;

/// Where Linux shows what the firmware says (SMBIOS).
pub const DMI: &str = "/sys/class/dmi/id";

/// The files that hosting companies write their names into.
const FILES: [&str; 5] = ["sys_vendor", "product_name", "bios_vendor", "chassis_asset_tag", "board_vendor"];

/// SMBIOS strings are short; a file that is longer is something else.
const MAX_FILE_BYTES: u64 = 256;

/// Variables of the environment by which a place can be told.
pub type Environment = BTreeMap<String, String>;

/// Where this program runs, as far as it can be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostingPlace {
    /// The hosting company or platform that it looks to be at.
    pub hosting: Option<&'static Hosting>,
    /// Whose job it is part of, where a runner runs it: `GitLab CI`
    pub runner: Option<&'static str>,
    /// Whether the firmware told, which is that of the runner's machine in a job.
    by_firmware: bool,
}

/// A hosting company or a platform, and what is known of its mail ports.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosting {
    pub name: String,
    looks_like: Option<String>,
    #[serde(default)]
    claims: Vec<PortClaim>,
    /// What to do, as an instruction; or that there is no way.
    pub remedy: String,
    /// Whether the company opens ports for those who ask.
    pub on_request: bool,
    /// What it wants to know from them.
    #[serde(default)]
    pub asks_for: Vec<String>,
    /// When this was last looked up: a month.
    checked: String,
    #[serde(default)]
    firmware: Vec<String>,
    #[serde(default)]
    firmware_is: Vec<String>,
    #[serde(default)]
    environment: Vec<String>,
}

/// Ports that are said to be blocked, and by whom that is said.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortClaim {
    ports: Vec<u16>,
    ground: ClaimGround,
    source: String,
    dated: Option<String>,
    whom: Option<String>,
}

/// On what ground ports are said to be blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClaimGround {
    /// The company says so itself.
    Documented,
    /// Somebody else says so.
    Reported,
    /// It follows from what is said of another place.
    Inferred,
}

/// A system that runs jobs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runner {
    name: String,
    environment: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceTable {
    hosting: Vec<Hosting>,
    runner: Vec<Runner>,
}

fn table() -> &'static PlaceTable {
    static TABLE: OnceLock<PlaceTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        // A test reads the same file: what is built in can be read.
        toml::from_str(include_str!("../../data/hostings.toml"))
            .inspect_err(|error| tracing::error!(%error, "the built-in table of hosting companies cannot be read"))
            .unwrap_or_default()
    })
}

/// This process' variables by which a place can be told, and no others: some of the rest are secrets.
pub fn environment() -> Environment {
    let PlaceTable { hosting, runner } = table();
    let marks =
        hosting.iter().flat_map(|place| &place.environment).chain(runner.iter().flat_map(|one| &one.environment));
    let names = marks.flat_map(|mark| mark.split(' ')).map(|variable| name_and_value(variable).0);
    names.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}

impl HostingPlace {
    /// By the firmware's files in `folder`, usually [`DMI`], and these variables. A platform tells more than the machine
    /// that it runs on.
    pub fn of(folder: &Path, environment: &Environment) -> Self {
        let PlaceTable { hosting, runner } = table();
        let texts = firmware(folder);
        let platform = hosting.iter().find(|place| is_marked(&place.environment, environment));
        let machine = || hosting.iter().find(|place| place.is_firmware_of(&texts));
        Self {
            hosting: platform.or_else(machine),
            runner: runner.iter().find(|one| is_marked(&one.environment, environment)).map(|one| one.name.as_str()),
            by_firmware: platform.is_none(),
        }
    }

    /// Where this is, as a sentence: `This looks like a machine at Vultr.`
    pub fn named(&self) -> Option<String> {
        let hosting = self.hosting?;
        let what = match self.runner.filter(|_| self.by_firmware) {
            Some(runner) => format!("The runner of this {runner} job"),
            None => "This".to_owned(),
        };
        Some(format!("{what} looks like {}.", hosting.looks_like()))
    }

    /// What is known of this place, as sentences: `This looks like a machine at Vultr. Outbound port 25 is …`
    pub fn described(&self) -> Option<String> {
        let hosting = self.hosting?;
        let claims = hosting.claims.iter().map(|claim| claim.sentence(&hosting.checked));
        Some(self.named().into_iter().chain(claims).collect::<Vec<_>>().join(" "))
    }

    /// Whether the ports of this place are opened for nobody who asks, as far as is known.
    pub fn refuses_requests(&self) -> bool {
        self.hosting.is_some_and(|hosting| !hosting.on_request)
    }
}

impl Hosting {
    /// `a machine at Vultr`, `a service on Render`
    pub fn looks_like(&self) -> String {
        self.looks_like.clone().unwrap_or_else(|| format!("a machine at {}", self.name))
    }

    /// Whether any of its ports is said to be blocked.
    pub fn is_said_to_block(&self) -> bool {
        !self.claims.is_empty()
    }

    /// Whether what is known of it can explain that this port is blocked.
    pub fn may_block(&self, port: u16) -> bool {
        self.claims.is_empty() || self.claims.iter().any(|claim| claim.ports.contains(&port))
    }

    fn is_firmware_of(&self, texts: &[String]) -> bool {
        let says = |text: &String| self.firmware.iter().any(|words| text.contains(words));
        texts.iter().any(|text| says(text) || self.firmware_is.contains(text))
    }
}

impl PortClaim {
    /// `Outbound port 25 is documented to be blocked there, for new accounts (Linode's blog, undated, read 2026-11).`
    fn sentence(&self, checked: &str) -> String {
        let verb = if self.ports.len() == 1 { "is" } else { "are" };
        let said = match self.ground {
            ClaimGround::Documented => "documented to be",
            ClaimGround::Reported => "reported to be",
            ClaimGround::Inferred => "probably",
        };
        let whom = self.whom.as_ref().map_or_else(String::new, |whom| format!(", for {whom}"));
        let dated = self.dated.clone().unwrap_or_else(|| format!("undated, read {checked}"));
        format!("Outbound {} {verb} {said} blocked there{whom} ({}, {dated}).", ports(&self.ports), self.source)
    }
}

/// What the firmware says, in lower case. What is missing or unreadable says nothing.
fn firmware(folder: &Path) -> Vec<String> {
    let texts = FILES.iter().filter_map(|file| {
        let mut text = Vec::new();
        std::fs::File::open(folder.join(file)).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).trim().to_lowercase())
    });
    texts.collect()
}

/// Whether one of the marks holds: every variable that it names is set, to its value where it gives one.
fn is_marked(marks: &[String], environment: &Environment) -> bool {
    let holds = |variable: &str| {
        let (name, wanted) = name_and_value(variable);
        environment.get(name).is_some_and(|found| wanted.map_or(!found.is_empty(), |wanted| found == wanted))
    };
    marks.iter().any(|mark| mark.split(' ').all(holds))
}

fn name_and_value(variable: &str) -> (&str, Option<&str>) {
    variable.split_once('=').map_or((variable, None), |(name, value)| (name, Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(file: &str, text: &str) -> Option<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        HostingPlace::of(folder.path(), &Environment::new()).hosting.map(|hosting| hosting.name.as_str())
    }

    fn variables(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn platform(set: &[(&str, &str)]) -> HostingPlace {
        HostingPlace::of(Path::new("/nonexistent"), &variables(set))
    }

    #[test]
    fn hosting_companies_are_recognised_by_what_the_firmware_says() {
        for (file, text, name) in [
            ("sys_vendor", "Amazon EC2\n", "Amazon EC2"),
            ("sys_vendor", "Google\n", "Google Compute Engine"),
            ("product_name", "Google Compute Engine\n", "Google Compute Engine"),
            ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n", "Microsoft Azure"),
            ("sys_vendor", "DigitalOcean\n", "DigitalOcean"),
            ("sys_vendor", "HETZNER\n", "Hetzner Cloud"),
            ("sys_vendor", "Akamai\n", "Linode (Akamai)"),
            ("product_name", "Linode Compute Instance\n", "Linode (Akamai)"),
            ("sys_vendor", "Scaleway\n", "Scaleway"),
            ("bios_vendor", "Vultr\n", "Vultr"),
            ("chassis_asset_tag", "OracleCloud.com\n", "Oracle Cloud"),
        ] {
            assert_eq!(machine(file, text), Some(name), "{file}: {text}");
        }
    }

    #[test]
    fn platforms_are_recognised_by_the_environment() {
        for (set, name) in [
            (&[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted")][..], "GitHub-hosted runners"),
            (&[("CODESPACES", "true")], "GitHub Codespaces"),
            (&[("RENDER", "true")], "Render"),
            (&[("RAILWAY_ENVIRONMENT", "production")], "Railway"),
            (&[("RAILWAY_ENVIRONMENT_NAME", "production")], "Railway"),
            (&[("FLY_APP_NAME", "mailer")], "Fly.io"),
            (&[("AWS_LAMBDA_FUNCTION_NAME", "mailer")], "AWS Lambda"),
            (&[("K_SERVICE", "mailer"), ("K_REVISION", "mailer-1")], "Google Cloud Run"),
        ] {
            assert_eq!(platform(set).hosting.map(|hosting| hosting.name.as_str()), Some(name), "{set:?}");
        }
        // A program's own variable of that name, one that is empty, and a runner of one's own.
        for set in [
            &[("RENDER", "svg")][..],
            &[("FLY_APP_NAME", "")],
            &[("K_SERVICE", "mailer")],
            &[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")],
        ] {
            assert_eq!(platform(set).hosting, None, "{set:?}");
        }
    }

    #[test]
    fn other_machines_are_not_taken_for_theirs() {
        for (file, text) in [
            ("sys_vendor", "QEMU\n"),
            // Azure's maker is also that of Hyper-V at home.
            ("sys_vendor", "Microsoft Corporation\n"),
            ("product_name", "Google Pixelbook\n"),
            ("product_serial", "Amazon EC2\n"),
        ] {
            assert_eq!(machine(file, text), None, "{file}: {text}");
        }
        assert!(firmware(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn a_file_without_end_is_read_only_so_far() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sys_vendor"), "x".repeat(10_000)).unwrap();
        assert_eq!(firmware(folder.path()).iter().map(String::len).max(), Some(256));
    }

    #[test]
    fn a_job_speaks_of_its_runner() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sys_vendor"), "Google").unwrap();
        let job = HostingPlace::of(folder.path(), &variables(&[("GITLAB_CI", "true")]));
        let said = job.described().unwrap();
        assert!(said.starts_with("The runner of this GitLab CI job looks like a machine at Google Compute"), "{said}");
        // GitHub's own runner is told by the environment, and the machine's firmware would only repeat it.
        std::fs::write(folder.path().join("chassis_asset_tag"), "7783-7084-3265-9085-8269-3286-77").unwrap();
        let hosted = variables(&[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted")]);
        let said = HostingPlace::of(folder.path(), &hosted).described().unwrap();
        assert!(
            said.starts_with("This looks like a GitHub-hosted runner. Outbound port 25 is probably blocked"),
            "{said}"
        );
    }

    /// No word is stronger than its source.
    #[test]
    fn what_is_reported_is_not_called_documented() {
        let said = |name: &str| {
            let hosting = table().hosting.iter().find(|hosting| hosting.name == name).unwrap();
            HostingPlace { hosting: Some(hosting), by_firmware: true, ..HostingPlace::default() }.described().unwrap()
        };
        assert_eq!(
            said("DigitalOcean"),
            "This looks like a machine at DigitalOcean. Outbound port 25 is documented to be blocked there, for Droplets of \
             new accounts (DigitalOcean's documentation, undated, read 2026-11). Outbound ports 465 and 587 are reported to \
             be blocked there (a field test, 2026-06-26)."
        );
        assert!(said("Microsoft Azure").contains("documented") && said("Microsoft Azure").contains("2025-07-28"));
        assert!(said("Vultr").contains("reported to be blocked"));
        let remedy = |name: &str| &table().hosting.iter().find(|hosting| hosting.name == name).unwrap().remedy;
        for name in ["Vultr", "Google Compute Engine", "DigitalOcean"] {
            assert!(remedy(name).contains("may be refused"), "{name}");
        }
    }

    #[test]
    fn every_row_is_dated_and_can_be_recognised() {
        let is_date = |text: &str| {
            let parts: Vec<&str> = text.split('-').collect();
            (2..=3).contains(&parts.len())
                && parts.iter().all(|part| part.parse::<u16>().is_ok())
                && parts[0].len() == 4
        };
        for hosting in &table().hosting {
            let Hosting { name, claims, checked, firmware, firmware_is, environment, remedy, .. } = hosting;
            assert!(is_date(checked), "{name}: {checked}");
            assert!(remedy.ends_with('.'), "{name}: {remedy}");
            assert!(!(firmware.is_empty() && firmware_is.is_empty() && environment.is_empty()), "{name}");
            assert!(hosting.looks_like().starts_with("a "), "{name}");
            for claim in claims {
                assert!(!claim.ports.is_empty() && !claim.source.is_empty(), "{name}");
                assert!(claim.dated.as_deref().is_none_or(is_date), "{name}: {:?}", claim.dated);
            }
        }
    }
}
