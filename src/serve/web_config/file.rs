//! The file: the keys of Prometheus' exporter toolkit, and no others.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr as _;

use bcrypt::HashParts;
use serde::Deserialize;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter as _};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebFile {
    pub(super) tls_server_config: Option<TlsTable>,
    pub(super) http_server_config: HttpTable,
    pub(super) basic_auth_users: BTreeMap<WebUser, BcryptHash>,
}

/// The name of somebody who may ask. It has no colon: that ends the name in what a client sends (RFC 7617, section 2).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct WebUser(pub(super) String);

impl TryFrom<String> for WebUser {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name.contains(':') {
            return Err(format!("nobody can log in as {name:?}: a user's name has no colon"));
        }
        Ok(Self(name))
    }
}

/// Each file of TLS can stand in the web configuration itself instead.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsTable {
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) cert: Option<String>,
    pub(super) key: Option<PemKey>,
    pub(super) client_ca: Option<String>,
    pub(super) client_auth_type: ClientAuth,
    pub(super) client_allowed_sans: Vec<String>,
    pub(super) min_version: Option<TlsVersion>,
    pub(super) max_version: Option<TlsVersion>,
    pub(super) cipher_suites: Vec<String>,
    pub(super) curve_preferences: Vec<String>,
    pub(super) prefer_server_cipher_suites: bool,
}

impl Default for TlsTable {
    fn default() -> Self {
        Self {
            cert_file: None,
            key_file: None,
            client_ca_file: None,
            cert: None,
            key: None,
            client_ca: None,
            client_auth_type: ClientAuth::default(),
            client_allowed_sans: Vec::new(),
            min_version: None,
            max_version: None,
            cipher_suites: Vec::new(),
            curve_preferences: Vec::new(),
            // As the toolkit has it.
            prefer_server_cipher_suites: true,
        }
    }
}

/// A key in PEM: nothing prints it.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct PemKey(pub(super) String);

impl std::fmt::Debug for PemKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PemKey")
    }
}

/// What clients must show, in Go's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuth {
    #[default]
    NoClientCert,
    RequestClientCert,
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum TlsVersion {
    Tls12,
    Tls13,
}

impl TryFrom<String> for TlsVersion {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "TLS12" => Ok(Self::Tls12),
            "TLS13" => Ok(Self::Tls13),
            "TLS10" | "TLS11" => Err(format!("{name} is too old to be offered: write TLS12 or TLS13")),
            _ => Err(format!("{name:?} is no version of TLS: write TLS12 or TLS13")),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HttpTable {
    /// Taken, and without effect: HTTP/1.1 is spoken, which every client of HTTP/2 speaks, too.
    http2: bool,
    pub(super) headers: HeaderTable,
}

/// The headers that the toolkit lets a file set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HeaderTable {
    #[serde(rename = "Content-Security-Policy")]
    content_security_policy: Option<HeaderText>,
    #[serde(rename = "X-Frame-Options")]
    x_frame_options: Option<HeaderText>,
    #[serde(rename = "X-Content-Type-Options")]
    x_content_type_options: Option<HeaderText>,
    #[serde(rename = "X-XSS-Protection")]
    x_xss_protection: Option<HeaderText>,
    #[serde(rename = "Strict-Transport-Security")]
    strict_transport_security: Option<HeaderText>,
}

impl HeaderTable {
    /// Those that the file sets.
    pub(super) fn given(self) -> Vec<(&'static str, String)> {
        let all = [
            ("content-security-policy", self.content_security_policy),
            ("x-frame-options", self.x_frame_options),
            ("x-content-type-options", self.x_content_type_options),
            ("x-xss-protection", self.x_xss_protection),
            ("strict-transport-security", self.strict_transport_security),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?.0)))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct HeaderText(String);

impl TryFrom<String> for HeaderText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            Ok(Self(text))
        } else {
            Err("a header can only hold printable ASCII")
        }
    }
}

/// A password as `htpasswd -B` writes it.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BcryptHash {
    pub(super) text: String,
    /// Each more doubles the time that one login takes.
    pub(super) cost: u32,
}

/// A login with this cost takes some five seconds; with one more, ten.
const MOST_COST: u32 = 16;

impl TryFrom<String> for BcryptHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = HashParts::from_str(&text)
            .map_err(|_| "this is no password hashed by bcrypt: `htpasswd -nBC 10 NAME` prints one".to_owned())?;
        let cost = parts.get_cost();
        if cost > MOST_COST {
            return Err(format!("one login with the bcrypt cost {cost} would take too long: use {MOST_COST} at most"));
        }
        Ok(Self { text, cost })
    }
}

impl std::fmt::Debug for BcryptHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BcryptHash")
    }
}

impl WebFile {
    /// The error begins with line and column.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let read = serde_saphyr::from_str::<Option<Self>>(text).map_err(|error| {
            let place = error.location().map(|place| format!("{}:{}: ", place.line(), place.column()));
            let words = DefaultMessageFormatter.format_message(error.without_snippet()).replace('\n', " ");
            format!("{}{words}", place.unwrap_or_else(|| " ".to_owned()))
        })?;
        Ok(read.unwrap_or_default())
    }
}
