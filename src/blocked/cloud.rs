//! Where a machine runs, by what its firmware says, and what is documented of that place. Pure but for
//! [`Firmware::read`], which touches no network.

use std::io::Read as _;
use std::path::Path;

/// Where Linux shows what the firmware says (SMBIOS).
pub const DMI: &str = "/sys/class/dmi/id";

/// What a machine's firmware says about its maker, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firmware {
    words: Vec<String>,
}

/// The files that hosting companies write their names into.
const FILES: [&str; 5] = ["sys_vendor", "product_name", "bios_vendor", "chassis_asset_tag", "board_vendor"];

/// SMBIOS strings are short; a file that is longer is something else.
const MAX_FILE_BYTES: u64 = 256;

impl Firmware {
    /// Reads the files of `folder`, usually [`DMI`]. What is missing or unreadable says nothing.
    pub fn read(folder: &Path) -> Self {
        let words = FILES.iter().filter_map(|file| {
            let mut text = Vec::new();
            std::fs::File::open(folder.join(file)).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut text).ok()?;
            Some(String::from_utf8_lossy(&text).trim().to_lowercase())
        });
        Self { words: words.collect() }
    }

    /// Whose machine it looks like.
    pub fn hosting(&self) -> Option<&'static Hosting> {
        HOSTINGS.iter().find(|hosting| hosting.marks.iter().any(|mark| self.words.iter().any(|word| mark.is_in(word))))
    }
}

/// A hosting company, and what is documented of its mail ports. Companies change this: hence the date.
#[derive(Debug, PartialEq, Eq)]
pub struct Hosting {
    /// Its name, as people say it.
    pub name: &'static str,
    /// The outbound ports that it is documented to block.
    pub blocks: &'static [u16],
    /// Where and when that was read.
    pub documented: &'static str,
    /// For whom it holds, where not for all: put after "for".
    pub limited_to: Option<&'static str>,
    /// How to ask for the ports to be opened, as an instruction; or that there is no way.
    pub remedy: &'static str,
    marks: &'static [Mark],
}

/// What a firmware text must hold.
#[derive(Debug, PartialEq, Eq)]
enum Mark {
    /// These words, among others.
    Says(&'static str),
    /// This text and nothing else: the word alone would be too common.
    Is(&'static str),
}

impl Mark {
    fn is_in(&self, word: &str) -> bool {
        match self {
            Self::Says(words) => word.contains(words),
            Self::Is(text) => word == *text,
        }
    }
}

const HOSTINGS: &[Hosting] = &[
    Hosting {
        name: "Amazon EC2",
        blocks: &[25],
        documented: "AWS re:Post and the SES documentation, read in 2026-11",
        limited_to: None,
        remedy: "Ask AWS with the form \"Request to remove email sending limitations\".",
        marks: &[Mark::Says("amazon ec2")],
    },
    Hosting {
        name: "Google Compute Engine",
        blocks: &[25],
        documented: "quoted by third parties, read in 2026-11",
        limited_to: None,
        remedy: "Google opens it for nobody: send through 465 or 587 of a mail service, or through a relay.",
        marks: &[Mark::Says("google compute engine"), Mark::Is("google")],
    },
    Hosting {
        name: "Microsoft Azure",
        blocks: &[25],
        documented: "the Azure documentation, copy of 2021",
        limited_to: Some("subscriptions other than Enterprise and MCA-E agreements"),
        remedy: "Ask in the Azure portal under \"Diagnose and Solve\". Student, free and MSDN subscriptions are refused.",
        marks: &[Mark::Is("7783-7084-3265-9085-8269-3286-77")],
    },
    Hosting {
        name: "DigitalOcean",
        blocks: &[25, 465, 587],
        documented: "quoted by third parties, 2026-07",
        limited_to: None,
        remedy: "No way to have them opened is documented: use a mail service with another port, or its web interface.",
        marks: &[Mark::Says("digitalocean")],
    },
    Hosting {
        name: "Hetzner Cloud",
        blocks: &[25, 465],
        documented: "quoted by third parties, read in 2026-11",
        limited_to: None,
        remedy: "Ask Hetzner for it with a limit request, after about a month and the first paid invoice.",
        marks: &[Mark::Says("hetzner")],
    },
    Hosting {
        name: "Linode (Akamai)",
        blocks: &[25, 465, 587],
        documented: "the Linode blog, read in 2026-11",
        limited_to: Some("accounts made since 2019-11-05"),
        remedy: "Open a support ticket, once the address record and the reverse DNS are set.",
        marks: &[Mark::Says("linode"), Mark::Says("akamai")],
    },
    Hosting {
        name: "Scaleway",
        blocks: &[25, 465, 587],
        documented: "the Scaleway documentation, read in 2026-11",
        limited_to: None,
        remedy: "Allow it in the security group's settings, after the identity check.",
        marks: &[Mark::Says("scaleway")],
    },
    Hosting {
        name: "Vultr",
        blocks: &[25],
        documented: "quoted by third parties, read in 2026-11",
        limited_to: None,
        remedy: "Open a support ticket.",
        marks: &[Mark::Says("vultr")],
    },
    Hosting {
        name: "Oracle Cloud",
        blocks: &[25],
        documented: "quoted by third parties, read in 2026-11",
        limited_to: Some("tenancies made after 2021-06-23"),
        remedy: "Ask Oracle with a service-limit request.",
        marks: &[Mark::Says("oraclecloud")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(file: &str, text: &str) -> Option<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        Firmware::read(folder.path()).hosting().map(|hosting| hosting.name)
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
        assert_eq!(Firmware::read(Path::new("/nonexistent")), Firmware::default());
    }

    #[test]
    fn a_file_without_end_is_read_only_so_far() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sys_vendor"), "x".repeat(10_000)).unwrap();
        let firmware = Firmware::read(folder.path());
        assert_eq!(firmware.words.iter().map(String::len).max(), Some(256));
    }
}
