#!/usr/bin/env bash
# Four readers of MTA-STS policies, three policies that RFC 8461 allows, and no two readers agree on all of them.
#
# Seen on 28 November 2026 with postfix-mta-sts-resolver 1.5.1 and checkdmarc 6.0.4 (PyPI), mailauth 5.0.1 and
# email-domain-check 2.0.5 (npm), for the host mail.example.org:
#
#   * `mode: testing`, and `mode: enforce` left in a line below: of a field that is not mx only the first counts (section
#     3.2). checkdmarc reads testing, with a warning; the other three read enforce. So the checker says that nothing can be
#     refused yet, while Postfix and others refuse already.
#   * A field of its own with a letter beyond ASCII (`note: für alle`), which the grammar allows: as most web servers send
#     no charset with text/plain, postfix-mta-sts-resolver takes ASCII for granted and drops the whole policy ("'ascii'
#     codec can't decode byte"), so that Postfix has none. With `charset=utf-8` it takes the very same bytes. The other
#     three take them either way.
#   * `mx: Mail.Example.ORG`: email-domain-check compares letter by letter and says that the host is not allowed; mailauth
#     says that it is. postfix-mta-sts-resolver and checkdmarc pass the name on as it stands.
#
# With a plain policy all of them agree. The two of PyPI fetch the policy by HTTPS from a server in this script, to which
# the name mta-sts.example.org is led; of mailauth the parser is asked; the fetch() of email-domain-check is answered here.
#
# Needs python3.11 or later with venv, node 20 or later, npm, openssl, PyPI and the npm registry. Exits with 0 while all of
# it is as told here.
set -euo pipefail
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check --no-cache-dir install --only-binary :all: \
    postfix-mta-sts-resolver==1.5.1 aiohttp==3.14.5 checkdmarc==6.0.4 requests==2.34.2
npm install --silent --no-fund --no-audit --ignore-scripts --cache "$work/npm" mailauth@5.0.1 email-domain-check@2.0.5
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 3 -subj /CN=mta-sts.example.org \
    -addext subjectAltName=DNS:mta-sts.example.org 2>/dev/null

cat >look.js <<'JAVASCRIPT'
const mailauth = require("mailauth/lib/mta-sts");
const emailDomainCheck = require("email-domain-check");
const [host, type, body] = [process.argv[2], process.argv[3], Buffer.from(process.argv[4], "hex")];
globalThis.fetch = async () => new Response(body, { headers: { "content-type": type } });
(async () => {
    const first = mailauth.parsePolicy(body);
    const second = await emailDomainCheck.getMtaStsPolicy("example.org");
    console.log(JSON.stringify({
        "mailauth": `${first.mode}, ${mailauth.validateMx(host, first).valid ? "allowed" : "not allowed"}`,
        "email-domain-check": `${second.mode}, ${emailDomainCheck.isMxAllowed(host, second) ? "allowed" : "not allowed"}`,
    }));
})();
JAVASCRIPT

cat >look.py <<'PYTHON'
import asyncio, http.server, json, logging, os, socket, ssl, subprocess, sys, threading, types
from importlib.metadata import version

os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = "certificate.pem"
for name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)

import aiohttp
from checkdmarc import mta_sts
from postfix_mta_sts_resolver import resolver

DOMAIN, HOST = "example.org", "mail.example.org"
served = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", served["type"])
        self.send_header("Content-Length", str(len(served["body"])))
        self.end_headers()
        self.wfile.write(served["body"])

    def log_message(self, *_):
        pass


def lead_to_own_server():
    """Serves the policy by HTTPS, and lets the name of its host lead there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("certificate.pem", "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", server.server_address)
    asked = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **named: (
        [address] if host == f"mta-sts.{DOMAIN}" else asked(host, *rest, **named))
    aiohttp.connector.DefaultResolver = aiohttp.ThreadedResolver


class Records:
    """In place of the DNS: the TXT record of the domain."""

    async def query(self, name, kind):
        assert (name, kind) == (f"_mta-sts.{DOMAIN}", "TXT")
        return [types.SimpleNamespace(text="v=STSv1; id=20261128")]


async def by_resolver():
    reader = resolver.STSResolver(loop=asyncio.get_running_loop())
    reader._resolver = Records()
    result, found = await reader.resolve(DOMAIN)
    return f"{found[1]['mode']}, {' '.join(found[1]['mx'])}" if found else result.name


def by_checkdmarc():
    read = mta_sts.parse_mta_sts_policy(mta_sts.download_mta_sts_policy(DOMAIN)["policy"])
    for warning in read["warnings"]:
        print("    checkdmarc warns:", warning)
    return f"{read['policy']['mode']}, {' '.join(read['policy']['mx'])}"


def by_npm():
    words = ["node", "look.js", HOST, served["type"], served["body"].hex()]
    return json.loads(subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout)


def policy(*lines):
    return "".join(line + "\r\n" for line in ("version: STSv1", *lines, "max_age: 604800")).encode()


PLAIN, UTF8 = "text/plain", "text/plain; charset=utf-8"
OWN_FIELD = policy("mode: testing", "mx: mail.example.org", "note: für alle")
CASES = (
    # what, Content-Type, policy; what is read by postfix-mta-sts-resolver, checkdmarc, mailauth, email-domain-check
    ("plain", PLAIN, policy("mode: testing", "mx: mail.example.org"),
     ("testing, mail.example.org", "testing, mail.example.org", "testing, allowed", "testing, allowed")),
    ("two modes", PLAIN, policy("mode: testing", "mode: enforce", "mx: mail.example.org"),
     ("enforce, mail.example.org", "testing, mail.example.org", "enforce, allowed", "enforce, allowed")),
    ("own field in UTF-8, no charset", PLAIN, OWN_FIELD,
     ("FETCH_ERROR", "testing, mail.example.org", "testing, allowed", "testing, allowed")),
    ("own field in UTF-8, charset=utf-8", UTF8, OWN_FIELD,
     ("testing, mail.example.org", "testing, mail.example.org", "testing, allowed", "testing, allowed")),
    ("capitals in mx", PLAIN, policy("mode: enforce", "mx: Mail.Example.ORG"),
     ("enforce, Mail.Example.ORG", "enforce, Mail.Example.ORG", "enforce, allowed", "enforce, not allowed")),
)

logging.basicConfig(format="    %(message)s", level=logging.WARNING, stream=sys.stdout)
lead_to_own_server()
as_told = True
print(*(f"{name} {version(name)}," for name in ("postfix-mta-sts-resolver", "checkdmarc", "aiohttp")), "Python",
      sys.version.split()[0], "- node", subprocess.getoutput("node --version"))
for what, media_type, body, expected in CASES:
    served.update(type=media_type, body=body)
    print(f"{what}:")
    read = {"postfix-mta-sts-resolver": asyncio.run(by_resolver()), "checkdmarc": by_checkdmarc(), **by_npm()}
    for who, words in read.items():
        print(f"  {who:25} {words}")
    as_told &= tuple(read.values()) == expected
print("as told" if as_told else "CHANGED")
sys.exit(not as_told)
PYTHON
timeout 60 venv/bin/python look.py
