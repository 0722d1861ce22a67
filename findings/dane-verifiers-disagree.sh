#!/usr/bin/env bash
# The same server and the same TLSA records: what OpenSSL takes, GnuTLS refuses, and the other way round.
#
# Seen on 28 November 2026 with OpenSSL 3.0 (s_client, and ldns-dane 1.8.3, which leaves matching to it), libdane of
# GnuTLS 3.7.9 and mx-connect 2.0.0 from npm. Postfix verifies with OpenSSL; Debian's Exim is linked with libdane.
#
#   * `3 1 1` of the key in use beside a `3 1 2` that was forgotten when the key changed: OpenSSL says "no matching DANE
#     TLSA records", though the first one matches. Of one usage and selector it looks only at the records with the
#     strongest digest (RFC 7671, section 9, which has clients do so). libdane and mx-connect take any that matches. With
#     the forgotten record in SHA-256 and the right one in SHA-512 all of them take the server. So a record that was
#     added to be safe keeps some senders out and not others.
#   * Usage 2 of a root that the server does not send: nobody can match a digest of it. OpenSSL takes the root itself
#     (`2 0 0`) or its key (`2 1 0`) from the record and goes on with that (RFC 7671, sections 5.2.2 and 5.2.3, tell of
#     both); libdane and mx-connect refuse both. ldns-dane takes `2 1 0` and not `2 0 0`, on the same OpenSSL.
#
# mx-connect is handed the chain that the server sends, as its usage 2 wants.
#
# Needs Debian 12 on amd64 (apt-get download; its OpenSSL, GnuTLS and libunbound8), dpkg, openssl, python3, node 20 or
# later, and npm. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User=root download ldnsutils=1.8.3-1+b1 libldns3=1.8.3-1+b1 libgnutls-dane0=3.7.9-2+deb12u7
for package in ./*.deb; do
    dpkg -x "$package" .
done
npm install --silent --no-fund --no-audit --ignore-scripts --cache "$work/npm" mx-connect@2.0.0

new() { openssl req "$@" -newkey rsa:2048 -nodes 2>/dev/null; }
new -x509 -keyout root.key -out root.pem -days 3 -subj "/O=Example/CN=Example root" -addext keyUsage=critical,keyCertSign
new -x509 -keyout before.key -out before.pem -days 3 -subj /CN=mail.example.org
new -keyout server.key -out server.csr -subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org
openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -days 2 -copy_extensions copy -out server.pem 2>/dev/null

cat >mx-connect.js <<'JAVASCRIPT'
const { X509Certificate } = require("node:crypto");
const { dane } = require("mx-connect");
const { chain, records } = JSON.parse(process.argv[2]);
const [server, ...above] = chain.map(der => new X509Certificate(Buffer.from(der, "hex")));
process.stdout.write(String(dane.verifyCertAgainstTlsa(server, records, above).valid));
JAVASCRIPT

cat >look.py <<'PYTHON'
import ctypes, glob, hashlib, json, os, socket, ssl, subprocess, sys, time

HOST = "mail.example.org"
LIBRARIES = os.path.dirname(glob.glob("usr/lib/*/libldns.so.3")[0])
DIGESTS = {0: bytes, 1: lambda data: hashlib.sha256(data).digest(), 2: lambda data: hashlib.sha512(data).digest()}


def der(name):
    with open(f"{name}.pem", encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def key(name):
    """The public key of a certificate (SubjectPublicKeyInfo)."""
    pem = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", f"{name}.pem"], capture_output=True).stdout
    return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True).stdout


def record(numbers, name):
    usage, selector, matching = map(int, numbers.split())
    return usage, selector, matching, DIGESTS[matching](key(name) if selector else der(name))


def text(tlsa):
    return f"{tlsa[0]} {tlsa[1]} {tlsa[2]} {tlsa[3].hex()}"


def openssl(chain, records):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-naccept", "1", "-cert", "server.pem",
              "-key", "server.key", "-no-CAfile", "-no-CApath"]
    if "root" in chain:
        server += ["-cert_chain", "root.pem"]
    client = ["openssl", "s_client", "-brief", "-connect", f"127.0.0.1:{port}", "-dane_tlsa_domain", HOST,
              "-dane_ee_no_namechecks", "-no-CAfile", "-no-CApath", "-no-CAstore"]
    for tlsa in records:
        client += ["-dane_tlsa_rrdata", text(tlsa)]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(50):
            time.sleep(0.1)
            said = subprocess.run(client, input="", capture_output=True, text=True, timeout=20).stderr
            if "Verification" in said:
                break
        process.kill()
    return "Verification: OK" in said.splitlines()


def ldns_dane(chain, records):
    with open("records", "w", encoding="ascii") as file:
        for tlsa in records:
            print(f"_25._tcp.{HOST}. 3600 IN TLSA {text(tlsa)}", file=file)
    with open("chain.pem", "w", encoding="ascii") as file:
        for name in chain:
            file.write(ssl.DER_cert_to_PEM_cert(der(name)))
    words = ["usr/bin/ldns-dane", "-t", "records", "-c", "chain.pem", "verify", HOST, "25"]
    done = subprocess.run(words, env={"LD_LIBRARY_PATH": LIBRARIES}, capture_output=True, text=True, timeout=20)
    return done.stdout.strip() == f"CN={HOST} dane-validated successfully"


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint)]


def libdane(chain, records):
    library = ctypes.CDLL(f"{LIBRARIES}/libgnutls-dane.so.0")
    state, query, status = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    data = [bytes(tlsa[:3]) + tlsa[3] for tlsa in records]
    chain = [der(name) for name in chain]
    certificates = (Datum * len(chain))(*(Datum(one, len(one)) for one in chain))
    assert library.dane_state_init(ctypes.byref(state), 0) == 0
    assert library.dane_raw_tlsa(
        state, ctypes.byref(query), (ctypes.c_char_p * (len(data) + 1))(*data, None),
        (ctypes.c_int * (len(data) + 1))(*map(len, data), 0), 1, 0) == 0
    x509 = 1
    error = library.dane_verify_crt_raw(state, certificates, len(chain), x509, query, 0, 0, ctypes.byref(status))
    library.dane_query_deinit(query)
    library.dane_state_deinit(state)
    return error == 0 and status.value == 0


def mx_connect(chain, records):
    names = ("usage", "selector", "mtype", "cert")
    asked = {
        "chain": [der(name).hex() for name in chain],
        "records": [dict(zip(names, (*tlsa[:3], tlsa[3].hex()))) for tlsa in records],
    }
    words = ["node", "mx-connect.js", json.dumps(asked)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout
    return {"true": True, "false": False}[said]


JUDGES = (openssl, ldns_dane, libdane, mx_connect)
SENT, UNSENT = ("server", "root"), ("server",)
ALL, NONE = {judge.__name__ for judge in JUDGES}, set()
CASES = (
    ("3 1 1 right", SENT, [record("3 1 1", "server")], ALL),
    ("3 1 1 right, 3 1 2 forgotten", SENT, [record("3 1 1", "server"), record("3 1 2", "before")], {"libdane", "mx_connect"}),
    ("3 1 1 forgotten, 3 1 2 right", SENT, [record("3 1 1", "before"), record("3 1 2", "server")], ALL),
    ("2 0 1 of the root, which is sent", SENT, [record("2 0 1", "root")], ALL),
    ("2 0 1 of the root, which is not", UNSENT, [record("2 0 1", "root")], NONE),
    ("2 0 0 of the root, which is not", UNSENT, [record("2 0 0", "root")], {"openssl"}),
    ("2 1 0 of the root, which is not", UNSENT, [record("2 1 0", "root")], {"openssl", "ldns_dane"}),
)
as_told = True
print(subprocess.getoutput("openssl version"), "- node", subprocess.getoutput("node --version"))
print(f"{'':34}", *(f"{judge.__name__:11}" for judge in JUDGES))
for what, chain, records, expected in CASES:
    taken = {judge.__name__ for judge in JUDGES if judge(chain, records)}
    print(f"{what:34}", *(f"{'takes it' if judge.__name__ in taken else 'refuses':11}" for judge in JUDGES))
    as_told &= taken == expected
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 120 python3 look.py
