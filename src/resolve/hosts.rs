//! The hosts file.

use std::net::IpAddr;
use std::path::PathBuf;

use hickory_resolver::Hosts;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::RecordType;

use super::search::absolute;

/// What the hosts file says; nothing where it cannot be read.
#[derive(Debug)]
pub(super) struct HostsFile(Hosts);

impl HostsFile {
    pub(super) fn of_system() -> Self {
        let read = std::fs::read(path());
        let bytes = read.inspect_err(|error| tracing::debug!(%error, "the hosts file cannot be read"));
        Self::from_bytes(&bytes.unwrap_or_default())
    }

    /// Reads the file's contents. One comment in an old encoding must not hide the rest.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut hosts = Hosts::default();
        if let Err(error) = hosts.read_hosts_conf(String::from_utf8_lossy(bytes).as_bytes()) {
            tracing::debug!(%error, "the hosts file cannot be read to the end");
        }
        Self(hosts)
    }

    pub(super) fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let Some(name) = absolute(name) else { return Vec::new() };
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|record_type| self.0.lookup_static_host(&Query::query(name.clone(), record_type)))
            .flat_map(|lookup| lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>())
            .collect()
    }
}

#[cfg(not(windows))]
fn path() -> PathBuf {
    PathBuf::from("/etc/hosts")
}

#[cfg(windows)]
fn path() -> PathBuf {
    let root = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
    PathBuf::from(root).join(r"System32\drivers\etc\hosts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_and_every_alias() {
        let hosts = HostsFile::from_bytes(b"192.0.2.5 mail.test Mail # \xe4\n2001:db8::5 mail.test\n\nnonsense x\n");
        assert_eq!(
            hosts.addresses("mail.test"),
            ["192.0.2.5".parse::<IpAddr>().unwrap(), "2001:db8::5".parse().unwrap()]
        );
        assert_eq!(hosts.addresses("mail"), ["192.0.2.5".parse::<IpAddr>().unwrap()]);
        assert_eq!(hosts.addresses("x"), Vec::<IpAddr>::new());
        assert_eq!(hosts.addresses("test"), Vec::<IpAddr>::new());
    }
}
