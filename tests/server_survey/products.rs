//! The servers: what each is, and what mailprobe must say of it. How it starts is in `products/`: `start`, run by bash
//! in the server's root directory, and files beside it that it reads. `House::fill` says what their marks mean.
//!
//! To add a server: its package to `.ci/servers-debian13`, a folder, and a product here.

use std::fs;

use serde_json::Value;

use crate::house::tree;

/// Which certificate the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scenario {
    Certificate,
    NoCertificate,
    /// The one that its package makes when it is installed.
    PackageCertificate,
}

impl Scenario {
    pub(crate) const ALL: [Self; 3] = [Self::Certificate, Self::NoCertificate, Self::PackageCertificate];

    /// What a line of a file begins with that is for this scenario alone.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Certificate => "%certificate",
            Self::NoCertificate => "%no-certificate",
            Self::PackageCertificate => "%package-certificate",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::NoCertificate => "no certificate",
            Self::PackageCertificate => "the package's certificate",
        }
    }
}

/// A port that the server listens on, and the state that is right for it.
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) state: &'static str,
}

impl Endpoint {
    pub(crate) fn protocol(&self) -> &'static str {
        match self.port {
            110 | 995 => "pop3",
            143 | 993 => "imap",
            _ => "smtp",
        }
    }

    pub(crate) fn how(&self) -> &'static str {
        if [465, 993, 995].contains(&self.port) { "implicit" } else { "starttls" }
    }
}

/// What is said of the certificate that the server shows where nobody gave it another.
pub(crate) struct DefaultCertificate {
    /// When it is shown. In every other scenario nothing of the kind may be said.
    pub(crate) scenario: Scenario,
    pub(crate) finding: &'static str,
    /// What the message begins with.
    pub(crate) said: &'static str,
}

/// Who brings it, under which name.
pub(crate) enum Package {
    Debian(&'static str),
    Npm(&'static str),
    PyPi(&'static str),
}

pub(crate) struct Product {
    pub(crate) name: &'static str,
    /// In `products/`.
    pub(crate) folder: &'static str,
    pub(crate) package: Package,
    /// With a certificate.
    pub(crate) certificate: &'static [Endpoint],
    /// Without one.
    pub(crate) no_certificate: &'static [Endpoint],
    /// With its package's.
    pub(crate) package_certificate: &'static [Endpoint],
    pub(crate) default_certificate: Option<DefaultCertificate>,
    /// Complaints that it writes although nothing is wrong: a pattern, and why it is none.
    pub(crate) known: &'static [(&'static str, &'static str)],
}

impl Product {
    pub(crate) fn endpoints(&self, scenario: Scenario) -> &'static [Endpoint] {
        match scenario {
            Scenario::Certificate => self.certificate,
            Scenario::NoCertificate => self.no_certificate,
            Scenario::PackageCertificate => self.package_certificate,
        }
    }

    /// Its version, the packager's part of it too: with that, a greeting can change.
    pub(crate) fn version(&self) -> String {
        match self.package {
            Package::Debian(name) => {
                let versions = fs::read_to_string(tree().join("versions")).expect("the tree's versions");
                let version = versions.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
                let version = version.unwrap_or_else(|| panic!("{name} is not unpacked"));
                version.split_once(':').map_or(version, |(_, rest)| rest).to_owned()
            }
            Package::Npm(name) => {
                let file = tree().join("opt/node/node_modules").join(name).join("package.json");
                let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let package: Value = serde_json::from_str(&text).expect("JSON");
                package["version"].as_str().expect("a version").to_owned()
            }
            Package::PyPi(name) => {
                let folders = fs::read_dir(tree().join("opt/python")).expect("the tree's Python");
                let names = folders.flatten().map(|folder| folder.file_name().to_string_lossy().into_owned());
                let version = names.filter_map(|folder| {
                    Some(folder.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".dist-info")?.to_owned())
                });
                version.last().unwrap_or_else(|| panic!("{name} is not unpacked"))
            }
        }
    }
}

/// What a line of a log looks like that complains about a visitor.
pub(crate) const COMPLAINT: &str =
    r"(?i)error|warn|fatal|panic|fail|lost |timeout|improper|unexpected|abort|reset|refused|reject|did not issue|bad ";

const fn at(port: u16, state: &'static str) -> Endpoint {
    Endpoint { port, state }
}

/// A certificate that the server's package makes, or the server itself.
const fn made(said: &'static str) -> DefaultCertificate {
    DefaultCertificate { scenario: Scenario::PackageCertificate, finding: "certificate-default", said }
}

/// One that the server brings with it, key and all.
const fn built_in(said: &'static str) -> DefaultCertificate {
    DefaultCertificate { scenario: Scenario::NoCertificate, finding: "certificate-key-public", said }
}

/// Of the package ssl-cert, which both Postfix and Dovecot are set up with.
const SNAKEOIL: DefaultCertificate =
    made("This is the kind of certificate that Debian's package ssl-cert makes when it is installed (snakeoil): ");

pub(crate) const PRODUCTS: &[Product] = &[
    Product {
        name: "Postfix",
        folder: "postfix",
        package: Package::Debian("postfix"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[at(25, "certificate-invalid"), at(587, "certificate-invalid")],
        default_certificate: Some(SNAKEOIL),
        known: &[],
    },
    Product {
        name: "Dovecot",
        folder: "dovecot",
        package: Package::Debian("dovecot-core"),
        certificate: &[at(110, "ok"), at(143, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[at(110, "starttls-not-offered"), at(143, "starttls-not-offered")],
        package_certificate: &[
            at(110, "certificate-invalid"),
            at(143, "certificate-invalid"),
            at(993, "certificate-invalid"),
            at(995, "certificate-invalid"),
        ],
        default_certificate: Some(SNAKEOIL),
        known: &[("Login aborted: Logged out", "its word for QUIT and LOGOUT before a login")],
    },
    Product {
        name: "Exim",
        folder: "exim",
        package: Package::Debian("exim4-daemon-heavy"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[at(25, "certificate-invalid"), at(587, "certificate-invalid")],
        default_certificate: Some(made("This is the certificate that Exim makes by itself when it starts: ")),
        known: &[],
    },
    Product {
        name: "aiosmtpd",
        folder: "aiosmtpd",
        package: Package::PyPi("aiosmtpd"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[("Connection lost during _handle_client", "its word for every end, QUIT too")],
    },
    Product {
        name: "smtp-server",
        folder: "smtp-server",
        package: Package::Npm("smtp-server"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "certificate-invalid"), at(587, "certificate-invalid")],
        package_certificate: &[],
        default_certificate: Some(built_in(
            "This is the certificate built into smtp-server and hoodiecrow (npm), which are meant for tests: ",
        )),
        known: &[],
    },
    Product {
        name: "Cyrus",
        folder: "cyrus",
        package: Package::Debian("cyrus-imapd"),
        certificate: &[at(110, "ok"), at(143, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[at(110, "starttls-not-offered"), at(143, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "OpenSMTPD",
        folder: "opensmtpd",
        package: Package::Debian("opensmtpd"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "Courier MTA",
        folder: "courier-mta",
        package: Package::Debian("courier-mta"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[
            at(25, "certificate-invalid"),
            at(465, "certificate-invalid"),
            at(587, "certificate-invalid"),
        ],
        default_certificate: Some(made("This is the certificate that Courier makes for SMTP when it is installed: ")),
        known: &[],
    },
    Product {
        name: "Courier IMAP",
        folder: "courier-imap",
        package: Package::Debian("courier-imap"),
        certificate: &[at(110, "ok"), at(143, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[at(110, "tls-handshake-failed"), at(143, "tls-handshake-failed")],
        package_certificate: &[
            at(110, "certificate-invalid"),
            at(143, "certificate-invalid"),
            at(993, "certificate-invalid"),
            at(995, "certificate-invalid"),
        ],
        default_certificate: Some(made("This is the certificate that Courier makes for ")),
        known: &[],
    },
    Product {
        name: "Sendmail",
        folder: "sendmail",
        package: Package::Debian("sendmail-bin"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[("did not issue MAIL/EXPN/VRFY/ETRN", "noted of everybody who sends no mail")],
    },
    Product {
        name: "GNU Mailutils",
        folder: "mailutils",
        package: Package::Debian("mailutils-imap4d"),
        certificate: &[at(110, "ok"), at(143, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[at(110, "starttls-not-offered"), at(143, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "Perdition",
        folder: "perdition",
        package: Package::Debian("perdition"),
        certificate: &[at(110, "ok"), at(143, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[at(110, "starttls-not-offered"), at(143, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "nginx",
        folder: "nginx",
        package: Package::Debian("libnginx-mod-mail"),
        certificate: &[
            at(25, "ok"),
            at(110, "ok"),
            at(143, "ok"),
            at(465, "ok"),
            at(587, "ok"),
            at(993, "ok"),
            at(995, "ok"),
        ],
        no_certificate: &[
            at(25, "starttls-not-offered"),
            at(110, "starttls-not-offered"),
            at(143, "starttls-not-offered"),
            at(587, "starttls-not-offered"),
        ],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "stunnel",
        folder: "stunnel",
        package: Package::Debian("stunnel4"),
        certificate: &[
            at(25, "ok"),
            at(110, "ok"),
            at(143, "ok"),
            at(465, "ok"),
            at(587, "ok"),
            at(993, "ok"),
            at(995, "ok"),
        ],
        no_certificate: &[],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "HAProxy",
        folder: "haproxy",
        package: Package::Debian("haproxy"),
        certificate: &[at(465, "ok"), at(993, "ok"), at(995, "ok")],
        no_certificate: &[],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "imapproxy",
        folder: "imapproxy",
        package: Package::Debian("imapproxy"),
        certificate: &[],
        no_certificate: &[at(143, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "chasquid",
        folder: "chasquid",
        package: Package::Debian("chasquid"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "popa3d",
        folder: "popa3d",
        package: Package::Debian("popa3d"),
        certificate: &[],
        no_certificate: &[at(110, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
    Product {
        name: "Haraka",
        folder: "haraka",
        package: Package::Npm("Haraka"),
        certificate: &[at(25, "ok"), at(465, "ok"), at(587, "ok")],
        no_certificate: &[at(25, "starttls-not-offered"), at(587, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[(r"disconnect .* errors=0 ", "the count of errors, none")],
    },
    Product {
        name: "hoodiecrow-imap",
        folder: "hoodiecrow",
        package: Package::Npm("hoodiecrow-imap"),
        certificate: &[at(143, "ok"), at(993, "ok")],
        no_certificate: &[at(143, "certificate-invalid"), at(993, "certificate-invalid")],
        package_certificate: &[],
        default_certificate: Some(built_in(
            "This is the certificate built into smtp-server and hoodiecrow (npm), which are meant for tests: ",
        )),
        known: &[],
    },
    Product {
        name: "honeypots",
        folder: "honeypots",
        package: Package::PyPi("honeypots"),
        certificate: &[],
        no_certificate: &[at(25, "starttls-refused"), at(110, "starttls-not-offered"), at(143, "starttls-not-offered")],
        package_certificate: &[],
        default_certificate: None,
        known: &[],
    },
];
