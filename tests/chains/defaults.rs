//! Certificates that nobody chose, each shown in a handshake: as the product makes them, with the tool that it uses.

use std::fs;
use std::path::Path;
use std::process::Command;

use mailprobe_lab::skips::skip;

use crate::cases::Case;
use crate::maker::{NAME, certificate, key, openssl};
use crate::{Shown, judged};

/// What openssl is told, `~` standing for a space, so that it makes what the product does; and what must be said of it.
const MADE: [(&str, &str); 9] = [
    (
        "-newkey rsa:2048 -days 365 -subj /CN=TRAEFIK~DEFAULT~CERT -addext subjectAltName=DNS:0a1b.2c3d.traefik.default",
        "This is Traefik's default certificate: the proxy answers before the mail server's own certificate is set up.",
    ),
    (
        "-newkey rsa:2048 -days 365 -subj /O=Acme~Co/CN=Kubernetes~Ingress~Controller~Fake~Certificate \
         -addext subjectAltName=DNS:ingress.local",
        "This is the fake certificate of the Kubernetes ingress controller",
    ),
    (
        "-newkey rsa:2048 -days 825 -subj \
         /C=US/O=Icegreen~Technologies/OU=GreenMail/CN=GreenMail~selfsigned~Test~Certificate",
        "This is the certificate built into GreenMail",
    ),
    ("-newkey rsa:2048 -days 1 -subj /C=UK/O=Exim~Developers/CN=mx.test", "This is the certificate that Exim makes"),
    (
        "-newkey rsa:2048 -days 365 -subj /OU=IMAP~server/CN=imap.example.com/emailAddress=postmaster@example.com",
        "This is the certificate of Dovecot's example",
    ),
    (
        "-newkey rsa:4096 -days 365 -subj /C=DE/ST=NRW/L=Willich/O=mailcow/OU=mailcow/CN=mail.test.example -sha256",
        "This is the certificate that mailcow makes",
    ),
    (
        "-newkey rsa:2048 -days 365 -subj \
         /C=US/ST=NY/L=New~York/O=Courier~Mail~Server/OU=Automatically-generated~IMAP~SSL~key/CN=localhost",
        "This is the certificate that Courier makes for IMAP",
    ),
    (
        "-newkey rsa:2048 -days 365 -subj \
         /C=US/ST=NY/L=New~York/O=Courier~Mail~Server/OU=Automatically-generated~POP3~SSL~key/CN=localhost",
        "This is the certificate that Courier makes for POP3",
    ),
    (
        "-newkey rsa:2048 -days 365 -subj \
         /C=US/ST=NY/L=New~York/O=Courier~Mail~Server/OU=Automatically-generated~ESMTP~SSL~key/CN=localhost",
        "This is the certificate that Courier makes for SMTP",
    ),
];

/// As above but for one thing, and so somebody's own.
const OWN: [&str; 12] = [
    "-newkey rsa:2048 -days 3650 -subj /CN=mail.test.example -addext subjectAltName=DNS:mail.test.example",
    "-newkey rsa:2048 -days 365 -subj /O=Our~Traefik/CN=TRAEFIK~DEFAULT~CERT \
     -addext subjectAltName=DNS:a.traefik.default",
    "-newkey rsa:2048 -days 365 -subj /OU=IMAP~server/CN=imap.example.org/emailAddress=postmaster@example.org",
    "-newkey rsa:2048 -days 365 -subj /O=Example/CN=Kubernetes~Ingress~Controller",
    "-newkey rsa:2048 -days 365 -subj /O=Acme~Co/CN=Kubernetes~Ingress~Controller~Fake~Certificate \
     -addext subjectAltName=DNS:mail.test.example",
    "-newkey rsa:2048 -days 90 -subj /CN=TRAEFIK~DEFAULT~CERT -addext subjectAltName=DNS:0a1b.2c3d.traefik.default",
    "-newkey rsa:2048 -days 365 -subj \
     /C=US/O=Icegreen~Technologies/OU=GreenMail/CN=GreenMail~selfsigned~Test~Certificate",
    "-newkey rsa:2048 -days 30 -subj /C=UK/O=Exim~Users/CN=mx.test",
    "-newkey rsa:2048 -days 30 -subj /C=UK/O=Exim~Developers/CN=mx.test -addext subjectAltName=DNS:mx.test",
    "-newkey rsa:4096 -days 3650 -subj /C=DE/ST=NRW/L=Willich/O=mailcow/OU=mailcow/CN=mail.test.example -sha256",
    "-newkey rsa:2048 -days 365 -subj \
     /C=US/ST=NY/L=Albany/O=Courier~Mail~Server/OU=Automatically-generated~IMAP~SSL~key/CN=localhost",
    "-newkey rsa:2048 -days 365 -subj \
     /C=US/ST=NY/L=New~York/O=Courier~Mail~Server/OU=Automatically-generated~IMAP~SSL~key/CN=imap.example.org",
];

fn read(folder: &Path) -> Case {
    Case {
        what: String::new(),
        host: NAME,
        chain: vec![certificate(folder, "c.pem")],
        key: key(folder, "k.pem"),
        trusted: None,
    }
}

fn made(folder: &Path, how: &str) -> Case {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["req", "-x509", "-nodes", "-keyout", "k.pem", "-out", "c.pem"]);
    let ran = command.args(how.split_whitespace().map(|word| word.replace('~', " "))).output().unwrap();
    assert!(ran.status.success(), "{how}: {}", String::from_utf8_lossy(&ran.stderr));
    read(folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_chose_is_named_with_its_product() {
    if Command::new("openssl").arg("version").output().is_err() {
        return skip("defaults::a_certificate_that_nobody_chose_is_named_with_its_product", "there is no openssl");
    }
    let folder = tempfile::tempdir().unwrap();
    for (how, said) in MADE {
        let Shown { code, text } = judged(&made(folder.path(), how), &[]).await;
        assert!(text.contains(said), "{how}: {text}");
        assert_eq!(code, 14, "{how}: {text}");
    }
    for how in OWN {
        let text = judged(&made(folder.path(), how), &[]).await.text;
        assert!(!text.contains("This is "), "{how}: {text}");
    }
}

/// As Debian's make-ssl-cert makes it, from the package's own template.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_snakeoil_of_debian_is_named() {
    const TEST: &str = "defaults::the_snakeoil_of_debian_is_named";
    let template = Path::new("/usr/share/ssl-cert/ssleay.cnf");
    let Ok(template) = fs::read_to_string(template) else {
        return skip(TEST, "Debian's package ssl-cert is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let filled = template.replace("@HostName@", NAME).replace("@SubjectAltName@", &format!("DNS:{NAME}"));
    fs::write(folder.path().join("snakeoil.cnf"), filled).unwrap();
    let how = "req -config snakeoil.cnf -new -x509 -days 3650 -nodes -sha256 -out c.pem -keyout k.pem";
    openssl(folder.path(), how);
    let case = read(folder.path());
    let text = judged(&case, &[]).await.text;
    assert!(text.contains("that Debian's package ssl-cert makes when it is installed (snakeoil)"), "{text}");
    // Whoever trusts it has chosen it.
    let trusted = Case { trusted: Some(case.chain[0].clone()), ..case };
    let Shown { code, text } = judged(&trusted, &[]).await;
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("snakeoil"), "{text}");
}
