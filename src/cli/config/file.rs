//! What a configuration file may say. The JSON Schema that editors complete it by is made from these types.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use toml::Spanned;

// A value with its place in the file. (No doc: that would be a description in the schema.)
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(super) struct Placed<T>(#[schemars(with = "T")] pub(super) Spanned<T>);

pub(super) type Text = Placed<String>;

/// mailprobe.toml: what `mailprobe --config` checks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mailprobe configuration", extend("required" = ["check"]))]
pub(super) struct ConfigFile {
    /// What holds for every check that does not say otherwise.
    #[serde(default)]
    #[schemars(extend("properties" = { "target": false }))]
    pub(super) defaults: CheckTable,
    /// The checks, at least one.
    #[serde(default)]
    #[schemars(with = "Vec<CheckTable>", length(min = 1), extend("items" = { "$ref": "#/$defs/CheckTable", "required": ["target"] }))]
    pub(super) check: Vec<Spanned<CheckTable>>,
}

/// What to check and how, and what must be so. The keys are the options of the command line.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    default,
    deny_unknown_fields,
    expecting = "a table, with its keys below it, a line each"
)]
pub(super) struct CheckTable {
    /// What to check: a host, host:port, [IPv6]:port, a URL such as `smtps://host`, or a mail domain such as @example.org.
    pub(super) target: Option<Text>,
    /// What each port must be, as in { 25 = "ok", 143 = "closed" }: ok, open, closed, tls, starttls, implicit, plaintext or
    /// a state. Only these ports of a host are checked, and those of `ports`.
    pub(super) expect: Option<Placed<BTreeMap<Text, Text>>>,
    /// For how many more days certificates must be valid.
    #[schemars(with = "Option<u32>")]
    pub(super) min_days: Option<u32>,
    /// The least version of TLS: 1.2 or 1.3.
    #[schemars(extend("enum" = ["1.2", "1.3"]))]
    pub(super) min_tls: Option<Text>,
    /// Logins (SASL mechanisms) that must be offered inside TLS, except on port 25.
    pub(super) expect_auth: Option<Vec<Text>>,
    /// Logins that must not be offered inside TLS.
    pub(super) forbid_auth: Option<Vec<Text>>,
    /// Whether no login may be possible before TLS.
    pub(super) forbid_plaintext_auth: Option<bool>,
    /// The promises that the mail domain must make and keep: dane, mta-sts, tls-rpt, pacc.
    #[schemars(extend("items" = { "type": "string", "enum": ["dane", "mta-sts", "tls-rpt", "pacc"] }))]
    pub(super) expect_policies: Option<Vec<Text>>,
    /// Whether promises about the servers (DANE, MTA-STS and others) are looked up: true: those of a mail address, too;
    /// false: none.
    pub(super) policies: Option<bool>,
    /// The ports of a host to check; all of them must pass.
    pub(super) ports: Option<Vec<Placed<u16>>>,
    /// How the connection is encrypted, whatever the port says: implicit, starttls or plaintext.
    #[schemars(extend("enum" = ["implicit", "starttls", "plaintext"]))]
    pub(super) security: Option<Text>,
    /// Which addresses of a host must pass: all or any.
    #[schemars(extend("enum" = ["all", "any"]))]
    pub(super) addresses: Option<Text>,
    /// The only family of addresses to use: ipv4 or ipv6.
    #[schemars(extend("enum" = ["ipv4", "ipv6"]))]
    pub(super) family: Option<Text>,
    /// Whether warnings fail the check, too.
    pub(super) strict: Option<bool>,
    /// The DNS server to ask instead of the system's.
    pub(super) dns_server: Option<Text>,
    /// The name by which to greet servers, instead of this machine's own.
    pub(super) helo: Option<Text>,
    /// The name that the certificate must be for, instead of the host's.
    pub(super) server_name: Option<Text>,
    /// Which authorities to trust: Mozilla's list (webpki) or the system's.
    #[schemars(extend("enum" = ["webpki", "system"]))]
    pub(super) trust: Option<Text>,
    /// Files with certificates to trust as well, PEM or DER; relative to this file's folder.
    pub(super) ca_file: Option<Vec<Text>>,
    /// How long connecting may take: 5s, 250ms, 1m30s.
    pub(super) connect_timeout: Option<Text>,
    /// How long one port of one address may take in all.
    pub(super) timeout: Option<Text>,
}

/// The JSON Schema of a configuration file.
pub fn config_schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ConfigFile>()
}
