#!/usr/bin/env bash
# stunnel with `protocol = imap` misspells a word of the greeting, and lists a login before TLS that it does not take.
#
# In front of an IMAP server without TLS it adds STARTTLS. Seen on 27 November 2026 with stunnel 5.68 (5.74 of Debian 13
# greets in the same way):
#
#   * the capabilities in the greeting become `[KAPABILITY ...]`: a client that reads them there finds none and has to ask;
#   * CAPABILITY is answered by the server behind it, with STARTTLS added and all logins left in, AUTH=PLAIN too;
#   * yet before TLS there are only CAPABILITY, STARTTLS and LOGOUT. Even NOOP, which RFC 3501 (section 6.1.2) allows in every
#     state, ends the session: "BYE stunnel: unexpected command", then BAD; the server behind it hears LOGOUT.
#
# So a check that reads capabilities finds a login in the clear where none is possible.
#
# Needs Debian 12 or later on amd64 (its OpenSSL 3), curl, dpkg-deb, openssl, python3. Exits with 0 while all of it is as
# told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
curl --silent --show-error --fail --max-time 60 --output stunnel4.deb \
    http://deb.debian.org/debian/pool/main/s/stunnel4/stunnel4_5.68-2+deb12u1_amd64.deb
echo "b645fca2329d96d1a51cdf3dc35be8e3fca5cc2e56e23b0d36de152c2fd71d17  stunnel4.deb" | sha256sum --check --quiet
dpkg-deb --extract stunnel4.deb .
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 3 -subj /CN=mail.example.org 2>/dev/null
cat certificate.pem key.pem >both.pem

cat >look.py <<'PYTHON'
import socket, subprocess, sys, threading, time

LISTED = "IMAP4rev1 ID SASL-IR AUTH=PLAIN"
heard = []


def session(connection):
    """An IMAP server without TLS."""
    with connection, connection.makefile("rw", encoding="ascii", newline="") as stream:
        print(f"* OK [CAPABILITY {LISTED}] mail.example.org ready", end="\r\n", file=stream, flush=True)
        for line in stream:
            tag, command = line.split()[:2]
            heard.append(command)
            if command == "LOGOUT":
                break
            if command == "CAPABILITY":
                print(f"* CAPABILITY {LISTED}", end="\r\n", file=stream)
            print(f"{tag} OK done", end="\r\n", file=stream, flush=True)


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=session, args=(connection,), daemon=True).start()


behind = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, args=(behind,), daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
with open("stunnel.conf", "w", encoding="ascii") as conf:
    conf.write(f"foreground = yes\npid =\n[imap]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{behind.getsockname()[1]}\n"
               "protocol = imap\ncert = both.pem\n")

with subprocess.Popen(["usr/bin/stunnel4", "stunnel.conf"], stderr=subprocess.DEVNULL) as stunnel:
    for _ in range(100):
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=10)
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    with client, client.makefile("rw", encoding="ascii", newline="") as stream:
        said = [stream.readline()]
        for command in ("a1 CAPABILITY", "a2 NOOP"):
            print(command, end="\r\n", file=stream, flush=True)
            said += [stream.readline(), stream.readline()]
    stunnel.terminate()

said = [line.strip() for line in said]
print("\n".join(said))
print("the server behind it heard", heard)
greeting, listed, _, bye, bad = said
as_told = (
    greeting.startswith(f"* OK [KAPABILITY {LISTED}]")
    and listed == f"* CAPABILITY {LISTED} STARTTLS"
    and bye.startswith("* BYE") and bad.startswith("a2 BAD")
    and "NOOP" not in heard
)
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 60 python3 look.py
