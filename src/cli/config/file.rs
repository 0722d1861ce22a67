//! What a configuration file may say. The JSON Schema that editors complete it by is made from these types.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use toml::Spanned;

// A value with its place in the file. (No doc: that would be a description in the schema.)
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(super) struct Placed<T>(#[schemars(with = "T")] pub(super) Spanned<T>);

pub(super) type Text = Placed<String>;

/// mailprobe.toml: what `mailprobe --config` checks, and what `mailprobe serve` serves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mailprobe configuration")]
pub(super) struct ConfigFile {
    /// Whom `mailprobe serve` may check on request: hosts, mail domains (@example.org), all below a domain
    /// (*.example.org), networks (192.0.2.0/24), or * for everybody.
    pub(super) allow: Option<Vec<Text>>,
    /// What holds for every check and every module that does not say otherwise.
    #[serde(default)]
    #[schemars(extend("properties" = { "target": false }))]
    pub(super) defaults: CheckTable,
    /// The checks of `mailprobe --config`.
    #[serde(default)]
    #[schemars(with = "Vec<CheckTable>", length(min = 1), extend("items" = { "$ref": "#/$defs/CheckTable", "required": ["target"] }))]
    pub(super) check: Vec<Spanned<CheckTable>>,
    /// The ways in which `mailprobe serve` checks, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ModuleTable>", extend("propertyNames" = { "pattern": "^[a-z0-9_-]{1,64}$" }))]
    pub(super) modules: BTreeMap<Text, Spanned<ModuleTable>>,
    /// What `mailprobe serve` checks again and again.
    #[serde(default)]
    #[schemars(with = "Vec<TargetTable>")]
    pub(super) targets: Vec<Spanned<TargetTable>>,
    /// Whom `mailprobe serve` tells of changes.
    #[schemars(with = "Option<WebhookTable>")]
    pub(super) webhook: Option<Spanned<WebhookTable>>,
}

/// Makes the two tables that say how to check. Most of their keys are the same, and serde cannot share them: a table that
/// is flattened into another knows neither places nor unknown keys.
macro_rules! tables {
    (
        both { $($(#[$meta:meta])* $key:ident: $type:ty,)* }
        check { $($check:tt)* }
        module { $($module:tt)* }
    ) => {
        /// What to check and how, and what must be so. The keys are the options of the command line.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(
            rename_all = "kebab-case",
            default,
            deny_unknown_fields,
            expecting = "a table, with its keys below it, a line each"
        )]
        pub(super) struct CheckTable {
            $($check)*
            $($(#[$meta])* pub(super) $key: $type,)*
        }

        /// A way to check: the keys of a check without its target, and some more.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(
            rename_all = "kebab-case",
            default,
            deny_unknown_fields,
            expecting = "a table, with its keys below it, a line each"
        )]
        pub(super) struct ModuleTable {
            $($module)*
            $($(#[$meta])* pub(super) $key: $type,)*
        }

        #[cfg(feature = "serve")]
        impl ModuleTable {
            /// The keys that a check has, too: taken out of it.
            pub(super) fn take_settings(&mut self) -> CheckTable {
                CheckTable { target: None, $($key: self.$key.take(),)* }
            }
        }

        #[cfg(feature = "serve")]
        impl CheckTable {
            /// The keys that are there, but for the target.
            pub(super) fn given(&self) -> Vec<String> {
                let keys = [$((stringify!($key), self.$key.is_some()),)*];
                keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key.replace('_', "-")).collect()
            }
        }
    };
}

tables! {
    both {
        /// What each port must be, as in { 25 = "ok", 143 = "closed" }: ok, open, closed, tls, starttls, implicit, plaintext or
        /// a state. Only these ports of a host are checked, and those of `ports`.
        expect: Option<Placed<BTreeMap<Text, Text>>>,
        /// For how many more days certificates must be valid.
        #[schemars(with = "Option<u32>")]
        min_days: Option<u32>,
        /// The least version of TLS: 1.2 or 1.3.
        #[schemars(extend("enum" = ["1.2", "1.3"]))]
        min_tls: Option<Text>,
        /// Logins (SASL mechanisms) that must be offered inside TLS, except on port 25.
        expect_auth: Option<Vec<Text>>,
        /// Logins that must not be offered inside TLS.
        forbid_auth: Option<Vec<Text>>,
        /// Whether no login may be possible before TLS.
        forbid_plaintext_auth: Option<bool>,
        /// The promises that the mail domain must make and keep: dane, mta-sts, tls-rpt, pacc.
        #[schemars(extend("items" = { "type": "string", "enum": ["dane", "mta-sts", "tls-rpt", "pacc"] }))]
        expect_policies: Option<Vec<Text>>,
        /// Whether promises about the servers (DANE, MTA-STS and others) are looked up: true: those of a mail address, too;
        /// false: none.
        policies: Option<bool>,
        /// The ports of a host to check; all of them must pass.
        ports: Option<Vec<Placed<u16>>>,
        /// How the connection is encrypted, whatever the port says: implicit, starttls or plaintext.
        #[schemars(extend("enum" = ["implicit", "starttls", "plaintext"]))]
        security: Option<Text>,
        /// Which addresses of a host must pass: all or any.
        #[schemars(extend("enum" = ["all", "any"]))]
        addresses: Option<Text>,
        /// The only family of addresses to use: ipv4 or ipv6.
        #[schemars(extend("enum" = ["ipv4", "ipv6"]))]
        family: Option<Text>,
        /// Whether warnings fail the check, too.
        strict: Option<bool>,
        /// The DNS server to ask instead of the system's.
        dns_server: Option<Text>,
        /// The name by which to greet servers, instead of this machine's own.
        helo: Option<Text>,
        /// The name that the certificate must be for, instead of the host's.
        server_name: Option<Text>,
        /// Which authorities to trust: Mozilla's list (webpki) or the system's.
        #[schemars(extend("enum" = ["webpki", "system"]))]
        trust: Option<Text>,
        /// Files with certificates to trust as well, PEM or DER; relative to this file's folder.
        ca_file: Option<Vec<Text>>,
        /// How long connecting may take: 5s, 250ms, 1m30s.
        connect_timeout: Option<Text>,
        /// How long one port of one address may take in all.
        timeout: Option<Text>,
        /// At most how many ports of how many addresses of a target are checked.
        max_endpoints: Option<NonZeroU32>,
        /// Whether nothing but public addresses is connected to, whatever names and records lead to.
        no_private: Option<bool>,
        /// Which ports the route is traced to: never, failed or always (Linux).
        #[schemars(extend("enum" = ["never", "failed", "always"]))]
        trace: Option<Text>,
    }
    check {
        /// What to check: a host, host:port, [IPv6]:port, a URL such as `smtps://host`, or a mail domain such as
        /// @example.org.
        pub(super) target: Option<Text>,
    }
    module {
        /// How long a check may take in all; 2m, or as --deadline says, if it is not given.
        pub(super) deadline: Option<Text>,
        /// Whether it asks what `mailprobe blocked` asks: whether outbound port 25 is blocked here.
        pub(super) blocked: Option<bool>,
        /// With blocked: your own mail hosts, instead of those of well-known domains.
        pub(super) hosts: Option<Vec<Text>>,
        /// With blocked: the mail domains whose hosts are tried, instead of the built-in ones.
        pub(super) references: Option<Vec<Text>>,
        /// With blocked: the hosts whose ports 465 and 587 are tried, instead of the built-in ones.
        pub(super) submission_hosts: Option<Vec<Text>>,
    }
}

/// What is checked again and again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    default,
    deny_unknown_fields,
    expecting = "a table, with its keys below it, a line each"
)]
#[cfg_attr(not(feature = "serve"), allow(dead_code, reason = "only `mailprobe serve` reads it"))]
pub(super) struct TargetTable {
    /// What to check, as in a check. A module with blocked needs none.
    pub(super) target: Option<Text>,
    /// The module that says how; default if it is not given.
    pub(super) module: Option<Text>,
    /// How often, from 10s to 24h; 5m if it is not given.
    pub(super) interval: Option<Text>,
}

/// Whom to tell of changes: they are sent by POST, as JSON.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    default,
    deny_unknown_fields,
    expecting = "a table, with its keys below it, a line each"
)]
#[cfg_attr(not(feature = "serve"), allow(dead_code, reason = "only `mailprobe serve` reads it"))]
pub(super) struct WebhookTable {
    /// Where to.
    pub(super) url: Option<Text>,
    /// The file that says where to, for a URL that is a secret; relative to this file's folder.
    pub(super) url_file: Option<Text>,
    /// The file with the token of the header `Authorization: Bearer`; relative to this file's folder.
    pub(super) bearer_token_file: Option<Text>,
}

/// The JSON Schema of a configuration file.
pub fn config_schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ConfigFile>()
}
