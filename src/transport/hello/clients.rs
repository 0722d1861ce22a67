//! What common TLS clients offer by default: `data/clients.toml`, built in and read when it is first needed.

use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The name that people use, with the version that its defaults are of.
    pub name: String,
    /// What exactly was measured.
    pub measured: String,
    pub(super) versions: Vec<String>,
    pub(super) suites: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) signatures: Vec<String>,
    /// The shortest prime of finite-field Diffie-Hellman that it takes.
    pub(super) least_dh_bits: Option<usize>,
}

pub fn clients() -> &'static [Client] {
    #[derive(Deserialize)]
    struct ClientTable {
        client: Vec<Client>,
    }
    static TABLE: OnceLock<Vec<Client>> = OnceLock::new();
    TABLE.get_or_init(|| {
        // A test reads the same file: what is built in can be read.
        toml::from_str::<ClientTable>(include_str!("../../../data/clients.toml"))
            .inspect_err(|error| tracing::error!(%error, "the built-in table of clients cannot be read"))
            .map(|table| table.client)
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::names::{self, GROUPS, SIGNATURES, VERSIONS};
    use super::*;

    #[test]
    fn every_name_of_the_table_is_known() {
        assert!(clients().len() >= 6);
        for client in clients() {
            let unknown_suite = client.suites.iter().find(|name| names::suite_number(name).is_none());
            assert_eq!(unknown_suite, None, "{}", client.name);
            for (listed, registry) in
                [(&client.versions, VERSIONS), (&client.groups, GROUPS), (&client.signatures, SIGNATURES)]
            {
                let unknown = listed.iter().find(|name| names::number(registry, name).is_none());
                assert_eq!(unknown, None, "{}", client.name);
            }
        }
    }
}
