#!/usr/bin/env bash
# OpenSMTPD calls an unknown user of a virtual domain a mailing list that does not expand, and a relay that it denies an
# invalid recipient.
#
# Seen on 28 November 2026 with OpenSMTPD 6.8.0p2 of Debian 12. RCPT TO is answered
#
#   for a user of a virtual domain            250 2.1.5 Destination address valid: Recipient ok
#   for nobody there                          524 5.2.4 Mailing list expansion problem: <nobody-here@virtual.example>
#   for nobody in a domain of system users    550 Invalid recipient: <nobody-here@local.example>
#   for somebody else's domain                550 Invalid recipient: <nobody-here@elsewhere.example>
#
# 5.2.4 says that the address is a mailing list (RFC 3463), 524 is a code that RFC 5321 does not list, and the last two,
# the same words for "no such user" (5.1.1) and "no relaying" (5.7.1), have no enhanced code, though EHLO lists
# ENHANCEDSTATUSCODES. MAIL FROM before STARTTLS, where TLS is required, is answered
#
#   530 5.5.1 Invalid command: Must issue a STARTTLS command first
#
# whose enhanced code says that the command is unknown (other servers: 5.7.0). So whoever sorts bounces by enhanced codes
# keeps dead addresses (5.2.4 is a list's trouble, not the address's), and cannot tell a misspelt name from a server that
# is not the domain's. What can be relied on is the first digit; for virtual domains, the code 524.
#
# Needs root, Debian 12 (apt-get, with its lists up to date), openssl, python3, unshare. Exits with 0 while all of it is as
# told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 "$work"
packages=(opensmtpd=6.8.0p2-4+b4)
# With what this machine lacks of its libraries. Nothing is installed: the tree will lie over /usr for this program.
lacking=$(apt-get install --simulate --no-install-recommends "${packages[@]}" | awk '/^Inst/ { print $2 }')
# shellcheck disable=SC2086 # a word for each package
printf '%s\n' "${packages[@]}" $lacking | sort --unique --field-separator== --key=1,1 |
    xargs apt-get -qq -o APT::Sandbox::User=root download
mkdir -p tree/usr/{bin,sbin,lib}
ln -s usr/bin usr/sbin usr/lib tree
for package in ./*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory tree
done

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 3 -subj /CN=mail.example.org 2>/dev/null
chmod 600 key.pem
cat >smtpd.conf <<CONF
pki mail.example.org cert "$work/cert.pem"
pki mail.example.org key "$work/key.pem"
table people { "anna@virtual.example" = "nobody" }
listen on lo port 25 hostname mail.example.org
listen on lo port 587 tls-require pki mail.example.org hostname mail.example.org
action "virtual" maildir "/var/mail/virtual" virtual <people>
action "local" maildir "/var/mail/local"
match from any for domain "virtual.example" action "virtual"
match from any for domain "local.example" action "local"
CONF

cat >look.py <<'PYTHON'
import smtplib, sys, time

CASES = (
    (25, "anna@virtual.example", "250 2.1.5 Destination address valid: Recipient ok"),
    (25, "nobody-here@virtual.example", "524 5.2.4 Mailing list expansion problem: <nobody-here@virtual.example>"),
    (25, "nobody-here@local.example", "550 Invalid recipient: <nobody-here@local.example>"),
    (25, "nobody-here@elsewhere.example", "550 Invalid recipient: <nobody-here@elsewhere.example>"),
    (587, None, "530 5.5.1 Invalid command: Must issue a STARTTLS command first"),
)


def ask(port, recipient):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        server.ehlo("client.example")
        if not server.has_extn("enhancedstatuscodes"):
            return "no ENHANCEDSTATUSCODES"
        code, words = server.docmd("MAIL", "FROM:<>")
        if recipient:
            code, words = server.docmd("RCPT", f"TO:<{recipient}>")
        return f"{code} {words.decode()}"


for _ in range(100):
    time.sleep(0.1)
    try:
        ask(587, None)
        break
    except OSError:
        pass
as_told = True
for port, recipient, expected in CASES:
    said = ask(port, recipient)
    print(f"{recipient or 'MAIL FROM before STARTTLS':30} {said}")
    as_told &= said == expected
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON

# A network, and a /usr, of their own, which end with the script.
cat >inside.sh <<'INSIDE'
set -e
mount -t overlay -o "lowerdir=$PWD/tree/usr:/usr" overlay /usr
for file in passwd group; do cp "/etc/$file" .; done
for user in opensmtpd opensmtpq; do
    grep -q "^$user:" passwd && continue
    number=$((61001 + $(grep -c ^opensmtp passwd || true)))
    echo "$user:x:$number:$number::/nonexistent:/usr/sbin/nologin" >>passwd
    echo "$user:x:$number:" >>group
done
for file in passwd group; do mount --bind "$file" "/etc/$file"; done
for place in /run /var/lib /var/mail /var/spool; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
mkdir -p -m 755 /var/lib/opensmtpd/empty
ip link set lo up
smtpd -d -f "$PWD/smtpd.conf" >log 2>&1 &
timeout 90 python3 look.py
INSIDE
dpkg-deb -f opensmtpd_*.deb Package Version | paste -s -d ' '
timeout 120 unshare --net --mount --pid --fork --kill-child bash inside.sh
