#!/usr/bin/env bash
# Postfix says "wrong password" where Dovecot, whom it asks, says that it cannot tell for now.
#
# Seen on 28 November 2026 with Postfix 3.7.11 and Dovecot 2.3.19 of Debian 12, where Dovecot's back end of one user is
# out of reach (a checkpassword program that exits with 111, "temporary", as it does when its database is down):
#
#                          Postfix asks Dovecot (AUTH PLAIN)                 the same Dovecot over IMAP (LOGIN)
#   the right password     235 2.7.0 Authentication successful               OK
#   a wrong one            535 5.7.8 ... failed: (reason unavailable)        NO [AUTHENTICATIONFAILED] ...
#   the back end is down   535 5.7.8 ... failed: (reason unavailable)        NO [UNAVAILABLE] Temporary ...
#
# Dovecot does tell Postfix: the log of `smtpd -v` has its answer, "FAIL", with "code=temp_fail" for the third. Postfix
# looks for a user and a reason in it, and at nothing else. RFC 4954 has 454 4.7.0 for this, and Postfix says that where it
# asks a saslauthd that is down. On a 535, mail programs ask for another password, senders give a message back that they
# could have kept, and what counts refusals (fail2ban) shuts users out while a database restarts. So 535 5.7.8 of a Postfix
# does not show that the password is wrong: see what IMAP on the same host says.
#
# Needs root, Debian 12 (apt-get, with its lists up to date), python3, unshare. Exits with 0 while all of it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 "$work"
packages=(
    postfix=3.7.11-0+deb12u1
    dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7 dovecot-imapd=1:2.3.19.1+dfsg1-2.1+deb12u7
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

mkdir -p etc queue data mail
printf '#!/bin/sh\nexit 111\n' >database-is-down
chmod 755 database-is-down
echo 'anna:{PLAIN}summer-2204' >users
cat >dovecot.conf <<CONF
base_dir = $work/dovecot
state_dir = $work/dovecot-state
log_path = $work/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
# Users and groups that every Debian has, as nothing is installed.
default_internal_user = mail
default_internal_group = mail
default_login_user = nobody
auth_mechanisms = plain
auth_failure_delay = 0 secs
mail_location = maildir:$work/mail
first_valid_uid = 1
passdb {
  driver = checkpassword
  args = $work/database-is-down
  username_filter = bruno
}
passdb {
  driver = passwd-file
  args = $work/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work/mail
}
service auth {
  unix_listener $work/auth {
    mode = 0666
  }
}
# It delays an address that was refused; not here.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CONF
cat >etc/main.cf <<CONF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
maillog_file = $work/postfix.log
maillog_file_prefixes = $work
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = $work/tree/etc/postfix
mail_owner = daemon
setgid_group = mail
myhostname = mail.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $work/auth
CONF
cat >etc/master.cf <<CONF
5587 inet n - n - - smtpd -v
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONF

cat >look.py <<'PYTHON'
import imaplib, re, smtplib, sys, time

CASES = (
    ("the right password", "anna", "summer-2204", "235 2.7.0 ", "OK"),
    ("a wrong password", "anna", "winter-2204", "535 5.7.8 Error: authentication failed: (reason unavailable)",
     "[AUTHENTICATIONFAILED] "),
    ("the back end is down", "bruno", "spring-2204", "535 5.7.8 Error: authentication failed: (reason unavailable)",
     "[UNAVAILABLE] Temporary authentication failure."),
)


def smtp(user, password):
    with smtplib.SMTP("127.0.0.1", 5587, timeout=20) as server:
        server.ehlo("client.example")
        server.user, server.password = user, password
        try:
            code, words = server.auth("PLAIN", server.auth_plain)
        except smtplib.SMTPAuthenticationError as error:
            code, words = error.smtp_code, error.smtp_error
        return f"{code} {words.decode()}"


def imap(user, password):
    server = imaplib.IMAP4("127.0.0.1", timeout=20)
    try:
        return server.login(user, password)[0]
    except imaplib.IMAP4.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    finally:
        server.shutdown()


for _ in range(100):
    time.sleep(0.1)
    try:
        smtplib.SMTP("127.0.0.1", 5587, timeout=20).close()
        imaplib.IMAP4("127.0.0.1", timeout=20).shutdown()
        break
    except OSError:
        pass
as_told = True
for what, user, password, *expected in CASES:
    said = [smtp(user, password), imap(user, password)]
    print(f"{what:20}  SMTP: {said[0]:66}  IMAP: {said[1]}")
    as_told &= all(words.startswith(start) for words, start in zip(said, expected))
with open("postfix.log", encoding="utf-8") as log:
    answers = re.findall(r"auth reply: (FAIL.*)", log.read())
print("what Dovecot told Postfix:", *(re.sub(r"\s+", " ", answer) for answer in answers), sep="\n  ")
as_told &= len(answers) == 2 and "temp" not in answers[0] and "temp" in answers[1]
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON

# A network, and a /usr, of their own, which end with the script.
cat >inside.sh <<'INSIDE'
set -e
mount -t overlay -o "lowerdir=$PWD/tree/usr:/usr" overlay /usr
ip link set lo up
chown daemon: data
dovecot -c "$PWD/dovecot.conf"
postfix -c "$PWD/etc" start 2>postfix.words || cat postfix.words
timeout 90 python3 look.py
INSIDE
for package in postfix dovecot-core; do dpkg-deb -f "$package"_*.deb Package Version | paste -s -d ' '; done
timeout 120 unshare --net --mount --pid --fork --kill-child bash inside.sh
