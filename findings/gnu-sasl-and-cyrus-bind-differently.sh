#!/usr/bin/env bash
# The right password, and GNU SASL is refused by Cyrus: with TLS 1.3 the two know no channel binding in common.
#
# Seen on 28 November 2026 with gsasl 2.2.0 and Cyrus IMAP 3.6.1 with Cyrus SASL 2.1.28, all from Debian 12. The server
# lists SCRAM-SHA-256-PLUS inside TLS 1.3, which ties the login to the connection (RFC 5802), and has one binding for it:
# `tls-unique`, which TLS 1.3 does not define (RFC 8446, appendix C.5). So
#
#   * gsasl, left to itself, takes the strongest mechanism listed, binds by `tls-exporter` as RFC 9266 wants, and gets
#     "NO bad protocol / cancel": no word about the password, none about bindings;
#   * with --no-cb, "don't use channel bindings", it still takes -PLUS, and gives up by itself;
#   * with `-m SCRAM-SHA-256 --no-cb`, or with TLS 1.2 at most, the same password is taken;
#   * a client that binds by `tls-unique` in TLS 1.3 all the same is taken: Python's ssl has such a value (the Finished
#     message), OpenSSL has the same one for Cyrus, and no standard says that it is safe.
#
# So a client that goes by the list, as it should, cannot log in where TLS 1.3 is on, and its user looks for a wrong
# password. Whoever writes a client does well to prefer SCRAM without -PLUS, or to try it next after that very answer.
#
# Needs root, Debian 12 (apt-get, with its lists up to date), openssl, python3, unshare. Exits with 0 while all of it is as
# told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 "$work"
packages=(
    gsasl=2.2.0-1+deb12u2 libgsasl18=2.2.0-1+deb12u2
    cyrus-imapd=3.6.1-4+deb12u5 cyrus-common=3.6.1-4+deb12u5 sasl2-bin=2.1.28+dfsg-10+deb12u1
    libsasl2-2=2.1.28+dfsg-10+deb12u1 libsasl2-modules=2.1.28+dfsg-10+deb12u1 libsasl2-modules-db=2.1.28+dfsg-10+deb12u1
)
# With what this machine lacks of their libraries. Nothing is installed: the tree will lie over /usr for these programs.
lacking=$(apt-get install --simulate --no-install-recommends "${packages[@]}" | awk '/^Inst/ { print $2 }')
# shellcheck disable=SC2086 # a word for each package
printf '%s\n' "${packages[@]}" $lacking | sort --unique --field-separator== --key=1,1 |
    xargs apt-get -qq -o APT::Sandbox::User=root download
mkdir -p tree/usr/{bin,sbin,lib}
ln -s usr/bin usr/sbin usr/lib tree
for package in ./*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory tree
done

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 3 -subj /CN=mail.example.org \
    -addext subjectAltName=DNS:mail.example.org 2>/dev/null
mkdir -p server/lib/{db,socket,proc,lock,log,msg,user,quota}
cp cert.pem key.pem server
cat >server/imapd.conf <<CONF
configdirectory: $work/server/lib
partition-default: $work/server/spool
servername: mail.example.org
allowplaintext: no
sasl_mech_list: PLAIN SCRAM-SHA-256
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $work/server/sasldb
tls_server_cert: $work/server/cert.pem
tls_server_key: $work/server/key.pem
tls_session_timeout: 0
CONF
cat >server/cyrus.conf <<CONF
START {
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C $work/server/imapd.conf -r"
}
SERVICES {
  imap cmd="imapd -C $work/server/imapd.conf" listen="127.0.0.1:143" prefork=0
}
EVENTS {
}
CONF

cat >look.py <<'PYTHON'
import base64, hashlib, hmac, os, socket, ssl, subprocess, sys, time

HOST, USER, PASSWORD = "mail.example.org", "anna", "summer-2204"
as_told = True


def gsasl(*options, expected):
    """What the server says last to gsasl, or what gsasl says itself."""
    global as_told
    words = ["gsasl", "--imap", *options, "-a", USER, "-z", "", "-p", PASSWORD, "--x509-ca-file=cert.pem", HOST]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    lines = (done.stdout + done.stderr).splitlines()
    chosen = next(line.split()[-1] for line in lines if line.startswith(". AUTHENTICATE"))
    behind = lines[next(i for i, line in enumerate(lines) if line.startswith(". AUTHENTICATE")) :]
    said = next((line for line in behind if line.startswith((". OK", ". NO", "gsasl: mech"))), "nothing")
    as_told &= said.startswith(expected)
    print(f"gsasl {' '.join(options):58} {chosen:18} {said[:96]}")


def tls_unique(newest, expected):
    """Logs in by SCRAM-SHA-256-PLUS, bound by what Python calls tls-unique (RFC 5802)."""
    global as_told
    context = ssl.create_default_context(cafile="cert.pem")
    context.maximum_version = newest
    plain = socket.create_connection((HOST, 143), timeout=20)
    file = plain.makefile("rb")

    def line():
        return file.readline().decode().strip()

    line()
    plain.sendall(b"a STARTTLS\r\n")
    line()
    connection = context.wrap_socket(plain, server_hostname=HOST)
    file = connection.makefile("rb")

    def ask(text):
        connection.sendall(text.encode() + b"\r\n")
        return line()

    def encode(data):
        return base64.b64encode(data).decode()

    binding = connection.get_channel_binding("tls-unique")
    header, first = "p=tls-unique,,", f"n={USER},r={encode(os.urandom(18))}"
    ask("b AUTHENTICATE SCRAM-SHA-256-PLUS")
    challenge = base64.b64decode(ask(encode((header + first).encode()))[2:]).decode()
    parts = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
    final = f"c={encode(header.encode() + binding)},r={parts['r']}"
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{challenge},{final}".encode(), "sha256")
    said = ask(encode(f"{final},p={encode(bytes(a ^ b for a, b in zip(key, signature)))}".encode()))
    if said.startswith("+"):
        said = ask("")
    as_told &= said.startswith(expected)
    print(f"{connection.version()}, tls-unique of {len(binding)} octets by Python: {said[:40]}")


for _ in range(100):
    time.sleep(0.1)
    if socket.socket().connect_ex((HOST, 143)) == 0:
        break
old = "--priority=NORMAL:-VERS-TLS1.3"
gsasl(expected=". NO bad protocol / cancel")
gsasl("--no-cb", expected="gsasl: mechanism error: Authentication failed because a tls-exporter")
gsasl("-m", "SCRAM-SHA-256", "--no-cb", expected=". OK")
gsasl("-m", "SCRAM-SHA-256-PLUS", old, expected=". OK")
tls_unique(ssl.TLSVersion.TLSv1_2, "b OK")
tls_unique(ssl.TLSVersion.TLSv1_3, "b OK")
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON

# A network, and a /usr, of their own, which end with the script.
cat >inside.sh <<'INSIDE'
set -e
mount -t overlay -o "lowerdir=$PWD/tree/usr:/usr" overlay /usr
cp /etc/passwd passwd
grep -q ^cyrus: passwd || echo 'cyrus:x:61001:8::/nonexistent:/usr/sbin/nologin' >>passwd
echo '127.0.0.1 mail.example.org localhost' >hosts
mount --bind passwd /etc/passwd
mount --bind hosts /etc/hosts
ip link set lo up
printf summer-2204 | saslpasswd2 -p -c -f server/sasldb -u mail.example.org anna
chown -R cyrus: server
/usr/lib/cyrus/bin/master -C "$PWD/server/imapd.conf" -M "$PWD/server/cyrus.conf" -p "$PWD/server/pid" -d
timeout 90 python3 look.py
INSIDE
timeout 120 unshare --net --mount --pid --fork --kill-child bash inside.sh
