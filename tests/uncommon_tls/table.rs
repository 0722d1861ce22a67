//! The servers, and what is true of each.

use crate::servers::Product;

/// The clients of `data/clients.toml`, each by a letter.
pub(crate) const CLIENTS: &[(char, &str)] = &[
    ('o', "OpenSSL 3.0"),
    ('O', "OpenSSL 3.5"),
    ('G', "GnuTLS 3.8"),
    ('T', "Thunderbird 140"),
    ('J', "Java 17"),
    ('N', "Node.js 20"),
];

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) product: Product,
    /// The kind of the server's key.
    pub(crate) key: &'static str,
    pub(crate) options: &'static str,
    pub(crate) truth: Truth,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth {
    /// mailprobe's library can agree with it.
    Spoken,
    /// Only versions up to this one. The letters of the clients that can still agree with it.
    Retired { version: &'static str, clients: &'static str },
    /// It takes only what the library lacks. The letters of the clients that have it: tried with each, and what it says.
    Lacks { what: &'static str, clients: &'static str },
}

const fn spoken(product: Product, key: &'static str, options: &'static str) -> Row {
    Row { product, key, options, truth: Truth::Spoken }
}

const fn retired(
    product: Product,
    key: &'static str,
    options: &'static str,
    version: &'static str,
    clients: &'static str,
) -> Row {
    Row { product, key, options, truth: Truth::Retired { version, clients } }
}

const fn lacks(
    product: Product,
    key: &'static str,
    options: &'static str,
    what: &'static str,
    clients: &'static str,
) -> Row {
    Row { product, key, options, truth: Truth::Lacks { what, clients } }
}

use Product::{GnuTls as G, OpenSsl as O};

pub(crate) const TABLE: &[Row] = &[
    spoken(O, "RSA", "-tls1_3"),
    spoken(O, "RSA", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"),
    spoken(O, "P-256", "-tls1_2 -groups P-256"),
    spoken(O, "P-384", "-tls1_3 -groups P-384"),
    spoken(O, "P-521", "-tls1_3 -groups X25519"),
    spoken(O, "Ed25519", "-tls1_3"),
    // Versions
    retired(O, "RSA", "-tls1 -cipher ALL:@SECLEVEL=0", "TLSv1.0", "G"),
    retired(O, "RSA", "-tls1_1 -cipher ALL:@SECLEVEL=0", "TLSv1.1", "G"),
    retired(O, "P-256", "-tls1 -cipher ALL:@SECLEVEL=0", "TLSv1.0", "G"),
    // Cipher suites
    lacks(O, "RSA", "-tls1_2 -cipher AES128-SHA", "cipher suite (TLS_RSA_WITH_AES_128_CBC_SHA)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_2 -cipher AES256-GCM-SHA384", "cipher suite (TLS_RSA_WITH_AES_256_GCM_SHA384)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_2 -cipher AES128-SHA256", "cipher suite (TLS_RSA_WITH_AES_128_CBC_SHA256)", "oOJN"),
    lacks(O, "RSA", "-tls1_2 -cipher AES128-CCM", "cipher suite (TLS_RSA_WITH_AES_128_CCM)", "GN"),
    lacks(O, "RSA", "-tls1_2 -cipher CAMELLIA128-SHA", "cipher suite (TLS_RSA_WITH_CAMELLIA_128_CBC_SHA)", ""),
    lacks(
        O,
        "RSA",
        "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384",
        "cipher suite (TLS_DHE_RSA_WITH_AES_256_GCM_SHA384)",
        "oOGJN",
    ),
    lacks(
        O,
        "RSA",
        "-tls1_2 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0 -dhparam dh1024.pem",
        "cipher suite (TLS_DHE_RSA_WITH_AES_128_CBC_SHA)",
        "GJN",
    ),
    lacks(
        O,
        "RSA",
        "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
        "cipher suite (TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA)",
        "oOGTJN",
    ),
    lacks(
        O,
        "P-256",
        "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384",
        "cipher suite (TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384)",
        "oOJN",
    ),
    lacks(
        O,
        "DSA",
        "-tls1_2 -cipher DHE-DSS-AES128-GCM-SHA256:@SECLEVEL=0",
        "signature algorithm (dsa_sha256), cipher suite (TLS_DHE_DSS_WITH_AES_128_GCM_SHA256)",
        "JN",
    ),
    lacks(O, "RSA", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256", "cipher suite (TLS_AES_128_CCM_SHA256)", "G"),
    // Groups
    lacks(O, "RSA", "-tls1_3 -groups P-521", "group (secp521r1)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_3 -groups X448", "group (x448)", "oOGJN"),
    lacks(O, "RSA", "-tls1_3 -groups ffdhe2048", "group (ffdhe2048)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_3 -groups ffdhe4096", "group (ffdhe4096)", "oGJN"),
    lacks(O, "RSA", "-groups P-521", "group (secp521r1)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_2 -cipher ECDHE -groups P-521", "group (secp521r1)", "oOGTJN"),
    lacks(O, "P-256", "-tls1_2 -groups X448:P-521", "group (secp521r1)", "oOGTJN"),
    lacks(O, "RSA", "-tls1_2 -cipher ECDHE -groups brainpoolP256r1", "group (brainpoolP256r1)", ""),
    // The curve of the key, which TLS 1.2 wants among the groups
    lacks(O, "P-521", "-tls1_2", "curve for its certificate's key (EC P-521)", "oOGTJN"),
    lacks(O, "brainpoolP256r1", "-tls1_2", "curve for its certificate's key (EC brainpoolP256r1)", ""),
    // Signature algorithms
    lacks(O, "Ed448", "-tls1_3", "signature algorithm", "oOGJN"),
    lacks(O, "Ed448", "-tls1_2", "signature algorithm (ed448)", "oOGJN"),
    lacks(O, "RSA-PSS", "-tls1_3", "signature algorithm", "oOGJN"),
    lacks(
        O,
        "RSA",
        "-tls1_2 -cipher ECDHE:@SECLEVEL=0 -sigalgs RSA+SHA1",
        "signature algorithm (rsa_pkcs1_sha1)",
        "GTJ",
    ),
    lacks(
        O,
        "RSA",
        "-tls1_2 -cipher ECDHE:@SECLEVEL=0 -sigalgs RSA+SHA224",
        "signature algorithm (rsa_sha224)",
        "oOJN",
    ),
    lacks(O, "Ed448", "-tls1_3 -groups P-521", "signature algorithm, group (secp521r1)", "oOGJN"),
    // The same of GnuTLS
    spoken(G, "RSA", "NORMAL"),
    spoken(G, "P-384", "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
    retired(G, "RSA", "NORMAL:-VERS-ALL:+VERS-TLS1.0", "TLSv1.0", "G"),
    lacks(
        G,
        "RSA",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC",
        "cipher suite (TLS_RSA_WITH_AES_128_CBC_SHA)",
        "oOGTJN",
    ),
    lacks(
        G,
        "RSA",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-CIPHER-ALL:+AES-256-GCM",
        "cipher suite (TLS_DHE_RSA_WITH_AES_256_GCM_SHA384)",
        "oOGJN",
    ),
    lacks(G, "RSA", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP521R1", "group (secp521r1)", "oOGTJN"),
    lacks(G, "RSA", "NORMAL:-GROUP-ALL:+GROUP-FFDHE3072:-VERS-ALL:+VERS-TLS1.3", "group (ffdhe3072)", "oOGTJN"),
    lacks(G, "P-256", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-X448", "group (x448)", "oOGJN"),
    lacks(G, "Ed448", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "signature algorithm", "oOGJN"),
];

impl Row {
    /// TLS 1.3 encrypts it.
    pub(crate) fn hides_certificate(&self) -> bool {
        self.options.contains("-tls1_3") || self.options.contains("+VERS-TLS1.3")
    }

    /// What mailprobe says, and the clients that can agree.
    pub(crate) fn in_words(&self) -> (String, String) {
        match self.truth {
            Truth::Spoken => ("nothing".to_owned(), "not asked".to_owned()),
            Truth::Retired { version, clients } => (format!("a version so old ({version})"), in_a_row(clients)),
            Truth::Lacks { what, clients } => (what.replace(", ", " and "), in_a_row(clients)),
        }
    }
}

fn in_a_row(letters: &str) -> String {
    match named(letters, true).as_slice() {
        [] => "none".to_owned(),
        all if all.len() == CLIENTS.len() => "all".to_owned(),
        some => some.join(", "),
    }
}

/// The names of the clients with these letters, or of all others.
fn named(letters: &str, these: bool) -> Vec<&'static str> {
    CLIENTS.iter().filter(|(letter, _)| letters.contains(*letter) == these).map(|(_, name)| *name).collect()
}

fn joined(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `a group (x448)`; several parted by commas are joined.
pub(crate) fn with_articles(what: &str) -> String {
    let parts: Vec<String> = what.split(", ").map(|part| format!("a {part}")).collect();
    joined(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The sentence on the clients of which these can agree with the server.
pub(crate) fn agree(letters: &str) -> String {
    let (good, bad) = (joined(&named(letters, true)), joined(&named(letters, false)));
    match (good.is_empty(), bad.is_empty()) {
        (true, _) => format!("By their defaults, none of {bad} can agree with it."),
        (_, true) => format!("By their defaults, {good} can agree with it."),
        _ => format!("By their defaults, {good} can agree with it, {bad} cannot."),
    }
}

/// The words on the clients that still take a retired version.
pub(crate) fn still_agree(letters: &str) -> String {
    match joined(&named(letters, true)) {
        none if none.is_empty() => "Current mail programs refuse them.".to_owned(),
        good => format!("by its defaults, {good} can still agree with it"),
    }
}
