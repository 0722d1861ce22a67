//! Where a machine runs, by what its firmware says, and what is documented of that place.
//!
//! The table is `data/hostings.toml`, built in and read when it is first needed. No network is touched.

use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

/// Where Linux shows what the firmware says (SMBIOS).
pub const DMI: &str = "/sys/class/dmi/id";

/// The files that hosting companies write their names into.
const FILES: [&str; 5] = ["sys_vendor", "product_name", "bios_vendor", "chassis_asset_tag", "board_vendor"];

/// SMBIOS strings are short; a file that is longer is something else.
const MAX_FILE_BYTES: u64 = 256;

/// A hosting company, and what is documented of its mail ports.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosting {
    pub name: String,
    /// The outbound ports that it is documented to block.
    pub blocks: Vec<u16>,
    /// Where and when that was read.
    pub documented: String,
    /// For whom it holds, where not for all: put after "for".
    pub limited_to: Option<String>,
    /// How to ask for the ports to be opened, as an instruction; or that there is no way.
    pub remedy: String,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    is: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    hosting: Vec<Hosting>,
}

/// Whose machine it looks like, by the firmware's files in `folder`, usually [`DMI`].
pub fn hosting_at(folder: &Path) -> Option<&'static Hosting> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        // A test reads the same file: what is built in can be read.
        toml::from_str(include_str!("../../data/hostings.toml"))
            .inspect_err(|error| tracing::error!(%error, "the built-in table of hosting companies cannot be read"))
            .unwrap_or_default()
    });
    let texts = firmware(folder);
    table.hosting.iter().find(|hosting| {
        texts.iter().any(|text| hosting.says.iter().any(|words| text.contains(words)) || hosting.is.contains(text))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(file: &str, text: &str) -> Option<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        hosting_at(folder.path()).map(|hosting| hosting.name.as_str())
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
}
