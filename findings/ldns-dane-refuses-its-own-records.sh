#!/usr/bin/env bash
# ldns-dane refuses TLSA records that it has written itself, in three ways.
#
# Seen on 28 November 2026 with ldns-dane 1.8.3, all of it without a network (`-c CERTIFICATE -t RECORDS`):
#
#   * `create mail.example.org 25 2` of a self-signed certificate writes a `2 1 1` record of it without a word, and `verify`
#     then says "no matching DANE TLSA records". So does OpenSSL, and Postfix with it: usage 2 is for a certificate
#     above that of the server. The same certificate as `3 1 1` is taken.
#   * `-t RECORDS verify`, which takes the host from the owner of the records (ldns-dane(1)), says "hostname mismatch"
#     even where the certificate has that very name. With `mail.example.org 25` behind it the same file is taken; with
#     `mail.example.org. 25` it is not: the dot at the end of the owner's name is compared too.
#   * With usage 3 the names in the certificate do not count (RFC 7671, section 5.1), as it is the record that ties the
#     key to the host. ldns-dane says "hostname mismatch" all the same, unless `-n` is given to `verify` as it was to
#     `create`. OpenSSL takes the certificate once it is told -dane_ee_no_namechecks, as Postfix tells it.
#
# So "did not dane-validate" of this tool need not mean that mail servers which honour DANE refuse the server.
#
# Needs Debian 12 (apt-get download, with its lists up to date; its OpenSSL 3), dpkg, openssl, python3. Exits with 0 while
# all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User=root download ldnsutils=1.8.3-1+b1 libldns3=1.8.3-1+b1
for package in ./*.deb; do
    dpkg -x "$package" .
done
for name in mail.example.org mx.example.net; do
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.pem" -days 3 -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name" 2>/dev/null
done

cat >look.py <<'PYTHON'
import glob, os, socket, subprocess, sys, time

HOST = "mail.example.org"
LDNS = {"LD_LIBRARY_PATH": os.path.dirname(glob.glob("usr/lib/*/libldns.so.3")[0])}


def ldns_dane(*words):
    return subprocess.run(["usr/bin/ldns-dane", *words], env=LDNS, capture_output=True, text=True, timeout=20)


def create(certificate, usage, *options):
    """The TLSA record for the host that ldns-dane makes of a certificate, in a file; and its data."""
    line = ldns_dane(*options, "-c", f"{certificate}.pem", "create", HOST, "25", usage).stdout.strip()
    print("  it writes", line[:72] + "...")
    with open("records", "w", encoding="ascii") as file:
        print(line, file=file)
    return line.split("TLSA")[1].strip()


def verify(certificate, *words, options=()):
    done = ldns_dane(*options, "-c", f"{certificate}.pem", "-t", "records", "verify", *words)
    said = done.stdout.strip()
    print(f"  {' '.join(['ldns-dane', *options, '... verify', *words]):48} exit {done.returncode}, {said}")
    return said.split(": ")[-1] if done.returncode else "takes it"


def openssl(certificate, data):
    """What a client of OpenSSL says to a server with the certificate."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-naccept", "1",
              "-cert", f"{certificate}.pem", "-key", f"{certificate}.key"]
    client = ["openssl", "s_client", "-brief", "-connect", f"127.0.0.1:{port}", "-dane_tlsa_domain", HOST,
              "-dane_ee_no_namechecks", "-dane_tlsa_rrdata", data]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(50):
            time.sleep(0.1)
            said = subprocess.run(client, input="", capture_output=True, text=True, timeout=20).stderr
            if "Verification" in said:
                break
        process.kill()
    line = next(line for line in said.splitlines() if line.startswith("Verification"))
    print(f"  {'openssl s_client':48} {line}")
    return line == "Verification: OK"


print(ldns_dane("-v").stdout.strip(), "-", subprocess.getoutput("openssl version"))
print("a record of usage 2 for a self-signed certificate:")
data = create(HOST, "2")
as_told = verify(HOST, HOST, "25") == "no matching DANE TLSA records" and not openssl(HOST, data)
as_told &= data.startswith("2 1 1 ")
print("the same with usage 3, asked for in three ways:")
data = create(HOST, "3")
as_told &= verify(HOST, HOST, "25") == "takes it" and openssl(HOST, data)
as_told &= verify(HOST, HOST + ".", "25") == "hostname mismatch"
as_told &= verify(HOST) == "hostname mismatch"
print("a record of usage 3 for a certificate with another name:")
data = create("mx.example.net", "3", "-n")
as_told &= verify("mx.example.net", HOST, "25") == "hostname mismatch"
as_told &= verify("mx.example.net", HOST, "25", options=["-n"]) == "takes it" and openssl("mx.example.net", data)
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 60 python3 look.py
