#!/usr/bin/env bash
# Python's cryptography refuses every certificate of a private authority made by one plain `openssl req -x509`.
#
# OpenSSL 3, with the configuration that it ships, writes basicConstraints, subjectKeyIdentifier and
# authorityKeyIdentifier into such an authority's certificate, and no keyUsage. RFC 5280 (section 4.2.1.3) has
# authorities include it; its validation of a path (section 6.1.4, step n) looks at it only where it is present. Seen on
# 27 November 2026:
#
#   cryptography 50.0.2 (x509.verification)   refuses: "invalid extension: 2.5.29.15: Certificate is missing required extension"
#   OpenSSL (`openssl verify -verify_hostname`), and Python's ssl beside it on a real connection   take the same chain
#
# With `-addext keyUsage=critical,keyCertSign` in that command all of them take it.
#
# Needs openssl 3, python3 with venv, and PyPI. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install cryptography==50.0.2

# chain NAME [options of the authority's certificate]
chain() {
    local name=$1
    shift
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name-authority.key" -out "$name-authority.pem" -days 3650 \
        -subj "/O=Example/CN=Example private authority" "$@" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj /CN=mail.example.org \
        -addext subjectAltName=DNS:mail.example.org 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA "$name-authority.pem" -CAkey "$name-authority.key" -days 90 \
        -copy_extensions copy -out "$name.pem" 2>/dev/null
}
chain plain
chain usage -addext keyUsage=critical,keyCertSign

cat >look.py <<'PYTHON'
import socket, ssl, subprocess, sys, threading

import cryptography
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

HOST = "mail.example.org"


def load(path):
    with open(path, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def by_cryptography(name):
    verifier = PolicyBuilder().store(Store([load(f"{name}-authority.pem")])).build_server_verifier(x509.DNSName(HOST))
    try:
        verifier.verify(load(f"{name}.pem"), [])
        return "takes it"
    except VerificationError as error:
        return str(error)


def by_openssl(name):
    words = ["openssl", "verify", "-CAfile", f"{name}-authority.pem", "-verify_hostname", HOST, f"{name}.pem"]
    done = subprocess.run(words, capture_output=True, text=True)
    return "takes it" if done.returncode == 0 else done.stderr.strip()


def by_ssl(name):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(f"{name}.pem", f"{name}.key")
    client = ssl.create_default_context(cafile=f"{name}-authority.pem")
    one, other = socket.socketpair()
    threading.Thread(target=lambda: server.wrap_socket(other, server_side=True).close(), daemon=True).start()
    try:
        client.wrap_socket(one, server_hostname=HOST).close()
        return "takes it"
    except ssl.SSLError as error:
        return str(error)


as_told = True
print("cryptography", cryptography.__version__, "-", subprocess.getoutput("openssl version"), "-", ssl.OPENSSL_VERSION)
for name, refused in (("plain", True), ("usage", False)):
    said = {judge.__name__[3:]: judge(name) for judge in (by_cryptography, by_openssl, by_ssl)}
    for who, words in said.items():
        print(f"{name:6} {who:13} {words}")
    others = said["openssl"] == said["ssl"] == "takes it"
    word = "2.5.29.15" if refused else "takes it"
    as_told &= others and word in said["cryptography"]
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 60 venv/bin/python look.py
