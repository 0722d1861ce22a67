#!/usr/bin/env bash
# Capability names in lower case: some clients do not see STARTTLS in them.
#
# The names of SMTP extensions, IMAP capabilities and POP3 capabilities do not depend on upper or lower case (RFC 5321,
# section 2.4; RFC 3501, section 9, note 1; RFC 2449, section 3). A server that lists `250 starttls`, `starttls` or
# `stls` offers the upgrade to TLS as much as one that lists it in capitals. Seen on 27 November 2026:
#
#   libcurl 8.16.0 (pycurl 7.45.7)   does not see it in any of the three protocols: error 64, "not supported"
#   libcurl 8.23.0 (pycurl 7.49.0)   sees it
#   Python's own poplib              does not see `stls`, though Python's smtplib and imaplib see theirs
#   aioimaplib 2.0.3                 keeps the names as they came: has_capability('STARTTLS') is False
#   aiosmtplib 5.1.3, IMAPClient 4.1.0, smtplib, imaplib   see it
#
# The same server is asked with the names in capitals, too: then all of them see it. So a check with a client that sees
# it says nothing about programs built on one that does not.
#
# Needs python3 with venv, and PyPI. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
for version in 7.45.7 7.49.0; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: \
        pycurl==$version aioimaplib==2.0.3 aiosmtplib==5.1.3 IMAPClient==4.1.0
done

cat >"$work/look.py" <<'PYTHON'
import asyncio, imaplib, io, poplib, smtplib, socket, sys, threading

import aioimaplib, aiosmtplib, imapclient, pycurl

NAMES = {"smtp": "STARTTLS", "imap": "STARTTLS", "pop3": "STLS"}


def answer(protocol, line, spell):
    """What the server says to one line of a client."""
    words = line.split()
    if protocol == "smtp":
        if words[:1] and words[0].upper() == "EHLO":
            return f"250-mail.example.org\r\n250-{spell('SIZE 1000')}\r\n250 {spell('STARTTLS')}"
        return "221 bye" if line.upper() == "QUIT" else "454 not now"
    if protocol == "imap":
        tag, command = words[0], words[1].upper()
        if command == "CAPABILITY":
            return f"* CAPABILITY {spell('IMAP4rev1 STARTTLS LOGINDISABLED')}\r\n{tag} OK done"
        return f"{tag} OK bye" if command == "LOGOUT" else f"{tag} NO not now"
    if line.upper() == "CAPA":
        return f"+OK\r\n{spell('TOP')}\r\n{spell('UIDL')}\r\n{spell('STLS')}\r\n."
    return "+OK bye" if line.upper() == "QUIT" else "-ERR not now"


def serve(protocol, spell):
    """A server of the protocol on a port of its own: (its port, the lines that it receives)."""
    greeting = {"smtp": "220 mail.example.org ESMTP", "imap": "* OK ready", "pop3": "+OK ready"}[protocol]
    listener, heard = socket.create_server(("127.0.0.1", 0)), []

    def session(connection):
        with connection, connection.makefile("rw", encoding="latin-1", newline="") as stream:
            print(greeting, end="\r\n", file=stream, flush=True)
            for line in stream:
                heard.append(line.strip())
                print(answer(protocol, line.strip(), spell), end="\r\n", file=stream, flush=True)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=session, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1], heard


def libcurl(protocol, port):
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, f"{protocol}://127.0.0.1:{port}")
    handle.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
    handle.setopt(pycurl.TIMEOUT, 5)
    handle.setopt(pycurl.WRITEDATA, io.BytesIO())
    try:
        handle.perform()
    except pycurl.error as error:
        print(f"    libcurl, {protocol}: {error.args}")
    finally:
        handle.close()


def of_smtplib(port):
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        return client.has_extn("STARTTLS")


async def of_aiosmtplib(port):
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=5)
    await client.connect()
    await client.ehlo()
    return client.supports_extension("STARTTLS")


async def of_aioimaplib(port):
    client = aioimaplib.IMAP4("127.0.0.1", port, timeout=5)
    await client.wait_hello_from_server()
    await client.protocol.capability()
    return client.has_capability("STARTTLS")


def of_imapclient(port):
    with imapclient.IMAPClient("127.0.0.1", port=port, ssl=False, timeout=5) as client:
        return client.has_capability("STARTTLS")


def of_poplib(port, heard):
    client = poplib.POP3("127.0.0.1", port, timeout=5)
    try:
        client.stls()
    except poplib.error_proto as error:
        print(f"    poplib: {error}")
    return "STLS" in heard


def seen(spell):
    """Which clients see the upgrade to TLS: those that look say so, the others ask for it."""
    found = {}
    for protocol, name in NAMES.items():
        port, heard = serve(protocol, spell)
        libcurl(protocol, port)
        found[f"libcurl, {protocol}"] = any(line.upper().endswith(name) for line in heard)
    port, _ = serve("smtp", spell)
    found["smtplib"] = of_smtplib(port)
    found["aiosmtplib"] = asyncio.run(of_aiosmtplib(port))
    port, _ = serve("imap", spell)
    found["imaplib"] = "STARTTLS" in imaplib.IMAP4("127.0.0.1", port, timeout=5).capabilities
    found["IMAPClient"] = of_imapclient(port)
    found["aioimaplib"] = asyncio.run(of_aioimaplib(port))
    port, heard = serve("pop3", spell)
    found["poplib"] = of_poplib(port, heard)
    return found


print(pycurl.version.split(" zlib")[0], "- Python", sys.version.split()[0])
blind = {"aioimaplib", "poplib"}
if "libcurl/8.16" in pycurl.version:
    blind |= {"libcurl, smtp", "libcurl, imap", "libcurl, pop3"}
print("names in capitals:")
capitals = seen(str.upper)
print("names in lower case:")
lower = seen(str.lower)
print(f"{'':16} CAPITALS  lower case")
for client in capitals:
    print(f"{client:16} {'sees it' if capitals[client] else 'blind':9} {'sees it' if lower[client] else 'blind'}")
as_told = all(capitals.values()) and {client for client in lower if not lower[client]} == blind
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
for version in 7.45.7 7.49.0; do
    timeout 60 "$work/$version/bin/python" "$work/look.py"
done
