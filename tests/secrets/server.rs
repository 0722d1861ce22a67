//! A server with a valid certificate that sends back whatever it is told.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::forms::echoes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Smtp,
    Imap,
    Pop3,
}

/// Where the secret comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the refusal, and beside it.
    Refusal,
    /// In the words of success, and in the answers to everything after it.
    Success,
    /// In challenges after the last message.
    Challenge,
    /// In a line that is no reply.
    Junk,
    /// In half a line, after which the connection ends.
    Cut,
    /// In a line that is too long.
    TooLong,
}

pub(crate) const PLACES: [Place; 6] =
    [Place::Refusal, Place::Success, Place::Challenge, Place::Junk, Place::Cut, Place::TooLong];

/// What the server is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nature {
    pub(crate) protocol: Protocol,
    /// The one mechanism that is offered; with none, the protocol's own command.
    pub(crate) mechanism: Option<&'static str>,
    pub(crate) place: Place,
    pub(crate) secret: &'static str,
    /// How long it takes to answer the last message of a login.
    pub(crate) pause: Duration,
    /// How many connections are cut before it says anything.
    pub(crate) cuts: usize,
}

pub(crate) struct Server {
    address: SocketAddr,
    nature: Nature,
    pub(crate) ca_pem: String,
    heard: Arc<Mutex<Vec<String>>>,
    told: Receiver<()>,
}

impl Server {
    pub(crate) fn start(nature: Nature) -> Self {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "secrets");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1", "localhost"].map(str::to_owned);
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Where this machine has IPv6, and nobody has the port there.
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).ok();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let (tell, told) = mpsc::channel();
        let config = Arc::new(config);
        for listener in [Some(listener), second].into_iter().flatten() {
            let (config, kept, tell) = (Arc::clone(&config), Arc::clone(&heard), tell.clone());
            thread::spawn(move || {
                for stream in listener.incoming().skip(nature.cuts) {
                    let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                    let stream = StreamOwned::new(connection, stream.unwrap());
                    let visit = Visit { stream, nature, heard: Arc::clone(&kept), tell: tell.clone() };
                    // The client may leave whenever it likes.
                    thread::spawn(move || visit.receive());
                }
            });
        }
        Self { address, nature, ca_pem: authority.pem(), heard, told }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.address)
    }

    /// The same by a name that has two addresses, where this machine has IPv6.
    pub(crate) fn named_url(&self) -> String {
        format!("{}://localhost:{}", self.scheme(), self.address.port())
    }

    fn scheme(&self) -> &'static str {
        match self.nature.protocol {
            Protocol::Smtp => "submissions",
            Protocol::Imap => "imaps",
            Protocol::Pop3 => "pop3s",
        }
    }

    pub(crate) fn secret(&self) -> &'static str {
        self.nature.secret
    }

    /// Every line that came, of all connections.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it has been told the secret.
    pub(crate) fn wait_until_told(&self) {
        self.told.recv_timeout(Duration::from_secs(60)).expect("the secret comes");
    }
}

struct Visit {
    stream: StreamOwned<ServerConnection, TcpStream>,
    nature: Nature,
    heard: Arc<Mutex<Vec<String>>>,
    tell: Sender<()>,
}

impl Visit {
    fn receive(mut self) -> io::Result<()> {
        match self.nature.protocol {
            Protocol::Smtp => self.smtp(),
            Protocol::Imap => self.imap(),
            Protocol::Pop3 => self.pop3(),
        }
    }

    fn hear(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while byte != *b"\n" {
            self.stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        self.heard.lock().unwrap().push(line.clone());
        Ok(line)
    }

    fn say(&mut self, line: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(&[line.as_ref(), b"\r\n"].concat())?;
        self.stream.flush()
    }

    fn smtp(&mut self) -> io::Result<()> {
        self.say("220 mx.test.example ESMTP")?;
        loop {
            let line = self.hear()?;
            match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    self.say("250-mx.test.example")?;
                    self.say(format!("250 AUTH {}", self.nature.mechanism.unwrap_or_default()))?;
                }
                "AUTH" => self.exchange(&line, "334", None)?,
                "QUIT" => return self.say("221 bye"),
                _ => self.all("250-", "250 ok")?,
            }
        }
    }

    fn imap(&mut self) -> io::Result<()> {
        let mechanism = self.nature.mechanism.map(|name| format!(" AUTH={name}")).unwrap_or_default();
        self.say(format!("* OK [CAPABILITY IMAP4rev1 SASL-IR{mechanism}] hi"))?;
        loop {
            let mut line = self.hear()?;
            let tag = line.split(' ').next().unwrap_or_default().to_owned();
            if line.contains(" AUTHENTICATE ") {
                self.exchange(&line, "+", Some(tag))?;
            } else if line.contains(" LOGIN ") {
                while line.ends_with('}') {
                    self.say("+ go on")?;
                    line = self.hear()?;
                }
                self.answer("+", Some(&tag))?;
            } else {
                self.say(format!("{tag} OK done"))?;
            }
        }
    }

    fn pop3(&mut self) -> io::Result<()> {
        self.say("+OK hi")?;
        loop {
            let line = self.hear()?;
            match line.split(' ').next().unwrap_or_default() {
                "CAPA" => {
                    self.say("+OK")?;
                    self.say(self.nature.mechanism.map_or("USER".to_owned(), |name| format!("SASL {name}")))?;
                    self.say(".")?;
                }
                "AUTH" => self.exchange(&line, "+", None)?,
                "PASS" => self.answer("+", None)?,
                "QUIT" => return self.say("+OK bye"),
                _ => self.say("+OK")?,
            }
        }
    }

    /// The client's side of a SASL exchange is heard to its end.
    fn exchange(&mut self, command: &str, sign: &str, tag: Option<String>) -> io::Result<()> {
        let response = command.rsplit(' ').next().unwrap_or_default();
        let mechanism = self.nature.mechanism.unwrap_or_default();
        let challenges = match mechanism {
            "LOGIN" => vec![BASE64.encode(b"Username:"), BASE64.encode(b"Password:")],
            "CRAM-MD5" => vec![BASE64.encode(b"<17.42@mx.test.example>")],
            _ if mechanism.starts_with("SCRAM") => {
                let first = String::from_utf8(BASE64.decode(response.as_bytes()).unwrap()).unwrap();
                let nonce = first.rsplit_once("r=").unwrap().1;
                vec![BASE64.encode(format!("r={nonce}more,s=c2FsdHNhbHQ=,i=4096").as_bytes())]
            }
            _ => vec![],
        };
        for challenge in challenges {
            self.say(format!("{sign} {challenge}"))?;
            self.hear()?;
        }
        self.answer(sign, tag.as_deref())
    }

    /// Answers the last message of a login.
    fn answer(&mut self, sign: &str, tag: Option<&str>) -> io::Result<()> {
        let _ = self.tell.send(());
        thread::sleep(self.nature.pause);
        let Nature { protocol, place, secret, .. } = self.nature;
        let (yes, no) = match (protocol, tag) {
            (Protocol::Smtp, _) => ("235".to_owned(), "535".to_owned()),
            (Protocol::Imap, tag) => {
                let tag = tag.unwrap_or_default();
                (format!("{tag} OK [CAPABILITY IMAP4rev1]"), format!("{tag} NO [AUTHENTICATIONFAILED]"))
            }
            (Protocol::Pop3, _) => ("+OK".to_owned(), "-ERR [AUTH]".to_owned()),
        };
        let beside = |word: &str| match protocol {
            Protocol::Smtp => format!("{word}-"),
            Protocol::Imap => "* NO [ALERT] ".to_owned(),
            Protocol::Pop3 => String::new(),
        };
        match place {
            Place::Refusal => self.all(&beside("535"), &no),
            Place::Success => self.all(&beside("235"), &yes),
            Place::Challenge => {
                for echo in
                    [BASE64.encode(secret.as_bytes()), BASE64.encode(self.last_heard().as_bytes()), secret.to_owned()]
                {
                    self.say(format!("{sign} {echo}"))?;
                    self.hear()?;
                }
                self.all(&beside("535"), &no)
            }
            Place::Junk => self.say(secret),
            Place::Cut => {
                self.stream.write_all(format!("{no} {secret}").as_bytes())?;
                self.stream.flush()?;
                self.stream.sock.shutdown(std::net::Shutdown::Both)
            }
            Place::TooLong => self.say(format!("{no} {}", secret.repeat(1000))),
        }
    }

    /// The secret in every form: each in a line of its own that begins so, where the protocol has such lines, and all of
    /// them in the last.
    fn all(&mut self, beside: &str, last: &str) -> io::Result<()> {
        let mut echoes = echoes(self.nature.secret);
        // What it was told, word for word.
        let heard = self.last_heard();
        let told = heard.rsplit(' ').next().unwrap_or_default();
        if let Ok(decoded) = BASE64.decode(told.as_bytes()) {
            echoes.extend([told.as_bytes().to_vec(), decoded]);
        }
        echoes.retain(|echo| !echo.contains(&b'\0'));
        if self.nature.protocol == Protocol::Imap {
            let keywords: Vec<Vec<u8>> = echoes.iter().map(|echo| [b" AUTH=", &**echo].concat()).collect();
            self.say([b"* CAPABILITY IMAP4rev1", &*keywords.concat()].concat())?;
        }
        if !beside.is_empty() {
            for echo in &echoes {
                self.say([beside.as_bytes(), echo].concat())?;
            }
        }
        self.say([last.as_bytes(), b" ", &*echoes.join(&b' ')].concat())
    }

    fn last_heard(&self) -> String {
        self.heard.lock().unwrap().last().cloned().unwrap_or_default()
    }
}
