#!/usr/bin/env bash
# posttls-finger exits with 0 whatever it finds, and with `-c` it has no word for a server without STARTTLS.
#
# Seen on 28 November 2026 with posttls-finger of Postfix 3.7.11, asked for `-l secure` with an authority of its own
# (`-F`) and a name to match. Its exit status is 0, and its manual page tells of none, for a server
#
#   * whose certificate is right: "Verified TLS connection established"
#   * with a certificate of that authority for another name: "Untrusted ..."
#   * with a self-signed certificate: "Untrusted ...", too
#   * that answers STARTTLS with 454, which it repeats
#   * that offers no STARTTLS: the dialogue, which just ends in QUIT
#   * and for a port where nothing listens: "Failed to establish session"
#
# `-c` ("Disable SMTP chat logging") takes the dialogue away, and then of a server without STARTTLS there is no output at
# all. Postfix itself delivers at this level to the first server only. So a check must look for the word "Verified": the
# exit status says nothing, and neither does an output without complaints.
#
# Needs Debian 12 (apt-get download, with its lists up to date: of Postfix's libraries those that may be lacking are
# fetched too), dpkg, openssl, python3. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 "$work" # run by root, posttls-finger goes on as the user of main.cf
apt-get -qq -o APT::Sandbox::User=root download postfix=3.7.11-0+deb12u1 libdb5.3 libicu72 libnsl2 libtirpc3
for package in ./*.deb; do
    dpkg -x "$package" .
done
mkdir conf
cat >conf/main.cf <<'CONF'
compatibility_level = 3.6
myhostname = client.example.org
# Users and groups that every Debian has, as nothing is installed.
mail_owner = daemon
setgid_group = mail
CONF

new() { openssl req "$@" -newkey rsa:2048 -nodes 2>/dev/null; }
new -x509 -keyout root.key -out root.pem -days 3 -subj "/O=Example/CN=Example root" -addext keyUsage=critical,keyCertSign
new -x509 -keyout self.key -out self.pem -days 3 -subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org
for name in mail other; do
    new -keyout "$name.key" -out "$name.csr" -subj "/CN=$name.example.org" -addext "subjectAltName=DNS:$name.example.org"
    openssl x509 -req -in "$name.csr" -CA root.pem -CAkey root.key -days 2 -copy_extensions copy -out "$name.pem" 2>/dev/null
done

cat >look.py <<'PYTHON'
import glob, os, re, socket, ssl, subprocess, sys, threading

LIBRARIES = [os.path.abspath("usr/lib/postfix"), *map(os.path.abspath, glob.glob("usr/lib/*-linux-*"))]
ENVIRONMENT = {"PATH": os.environ["PATH"], "MAIL_CONFIG": os.path.abspath("conf"), "LD_LIBRARY_PATH": ":".join(LIBRARIES)}


def lines(connection):
    """The lines of a client, octet by octet: after STARTTLS the connection is another one."""
    while True:
        line = b""
        while not line.endswith(b"\n"):
            octet = connection.recv(1)
            if not octet:
                return
            line += octet
        yield line.decode().strip().upper()


def session(connection, context, offered):
    def say(line):
        connection.sendall(line.encode() + b"\r\n")

    say("220 mail.example.org ESMTP")
    for line in lines(connection):
        if line.startswith("EHLO") and offered:
            say("250-mail.example.org\r\n250 STARTTLS")
        elif line == "STARTTLS" and context:
            say("220 go ahead")
            with context.wrap_socket(connection, server_side=True) as secured:
                session_in_tls(secured)
            return
        else:
            say({"STARTTLS": "454 not now", "QUIT": "221 bye"}.get(line, "250 mail.example.org"))


def session_in_tls(connection):
    for line in lines(connection):
        connection.sendall(b"221 bye\r\n" if line == "QUIT" else b"250 mail.example.org\r\n")


def serve(certificate=None, offered=True):
    """An SMTP server on a port of its own."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=session, args=(connection, context, offered), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def finger(port, *options):
    words = ["usr/sbin/posttls-finger", *options, "-l", "secure", "-F", "root.pem", f"[127.0.0.1]:{port}", "mail.example.org"]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


with socket.create_server(("127.0.0.1", 0)) as free:
    closed = free.getsockname()[1]
CASES = (
    ("right certificate", serve("mail"), "Verified TLS connection established"),
    ("another name", serve("other"), "Untrusted TLS connection established"),
    ("self-signed", serve("self"), "Untrusted TLS connection established"),
    ("STARTTLS refused", serve(), "454 not now"),
    ("no STARTTLS", serve(offered=False), None),
    ("nothing listens", closed, "Failed to establish session"),
)
as_told = True
print(subprocess.run(["dpkg-deb", "-f", *glob.glob("postfix_*.deb"), "Package", "Version"], capture_output=True,
                     text=True).stdout.replace("\n", " "))
for what, port, expected in CASES:
    for options in ((), ("-c",)):
        status, said = finger(port, *options)
        words = re.findall(r"\w+ TLS connection established|Failed to establish session|454.*|> .*", said)
        print(f"{what:18} {' '.join(options):3} exit {status}, {len(said.splitlines())} lines: {', '.join(words)}")
        as_told &= status == 0
        if expected:
            as_told &= expected in said
        if what == "no STARTTLS" and options:
            as_told &= said == ""
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 120 python3 look.py
