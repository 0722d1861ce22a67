"""Says whose token it is that Dovecot asks about (RFC 7662, as far as Dovecot makes use of it)."""

import http.server
import json


class Introspection(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Bearer @token@"
        body = json.dumps({"active": "true", "email": "anna"} if known else {"active": "false"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", 8025), Introspection).serve_forever()
