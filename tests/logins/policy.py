"""A policy service for Postfix (http://www.postfix.org/SMTPD_POLICY_README.html): what it answers depends on the recipient.

The words are those of services that are widely in use: postgrey, Dovecot's quota-status, policyd.
"""

import socketserver

ANSWERS = {
    "greylisted": "450 4.7.1 Greylisted, try again in 300 seconds",
    "postgrey": "defer_if_permit Greylisted, see http://postgrey.schweikert.ch/help/test.example.html",
    "full": "552 5.2.2 Mailbox is full and cannot receive any more emails",
    "full-for-now": "452 4.2.2 Mailbox is full",
    "disabled": "550 5.2.1 The email account that you tried to reach is disabled",
    "throttled": "450 4.7.1 Policy rejection: message rate limit exceeded, try again later",
    "reputation": "550 5.7.1 Message refused due to the sender's poor reputation",
}


class Request(socketserver.StreamRequestHandler):
    def handle(self):
        attributes = {}
        for line in self.rfile:
            name, _, value = line.decode().strip().partition("=")
            if name:
                attributes[name] = value
                continue
            action = ANSWERS.get(attributes.get("recipient", "").partition("@")[0], "dunno")
            self.wfile.write(f"action={action}\n\n".encode())
            attributes = {}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", 10030), Request).serve_forever()
