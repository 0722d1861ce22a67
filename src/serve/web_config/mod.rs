//! `--web-config`: TLS, client certificates and logins, in the format of Prometheus' exporter toolkit.

mod client_certificates;
mod file;
mod logins;
mod tls;

use std::path::Path;

pub use logins::{WebLogin, WebLogins};
pub use tls::ServerTls;

use file::WebFile;
use tls::read_bounded;

/// How requests come in, beyond plain HTTP for everybody.
#[derive(Debug, Default)]
pub struct WebConfig {
    /// With TLS, and with TLS only.
    pub tls: Option<ServerTls>,
    /// Who may ask, by name and password; `None`: everybody.
    pub logins: Option<WebLogins>,
    /// Headers of every answer, with their values.
    pub headers: Vec<(&'static str, String)>,
}

impl WebConfig {
    /// Reads the file, and the files that it names. The error is one line, with the place in the file.
    pub fn load(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = read_bounded(path).map_err(|error| format!("cannot read the web configuration {shown}: {error}"))?;
        let text = String::from_utf8(text).map_err(|_| format!("the web configuration {shown} is not UTF-8"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = WebFile::read(&text).map_err(|mistake| format!("{shown}:{mistake}"))?;
        let tls = file.tls_server_config.map(|wanted| ServerTls::load(wanted, folder)).transpose();
        Ok(Self {
            tls: tls.map_err(|mistake| format!("{shown}: {mistake}"))?,
            logins: WebLogins::new(file.basic_auth_users.into_iter().map(|(user, hash)| (user.0, hash)).collect()),
            headers: file.http_server_config.headers.given(),
        })
    }

    /// Whether nobody is answered who has not said who they are: with a password, or with a certificate of an authority that
    /// the file names.
    pub fn authenticates(&self) -> bool {
        self.logins.is_some() || self.tls.as_ref().is_some_and(ServerTls::requires_known_clients)
    }
}

#[cfg(test)]
mod tests;
