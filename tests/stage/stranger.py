"""Answers in the place of a coordination server, to whoever comes: with a state in which it is a peer itself.

    stranger.py PORT STATE_FILE HEARD_FILE

STATE_FILE holds the state as JSON. Every request becomes a line of HEARD_FILE.
"""

import http.server
import json
import socket
import sys

port, state_file, heard_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(state_file, encoding="utf-8") as file:
    state = json.load(file)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with open(heard_file, "a", encoding="utf-8") as file:
            print(self.command, self.path, file=file)
        values = {"/v1/user/state": state, "/v1/user/capabilities": {}, "/v1/admin/peers": state["peers"],
                  "/v1/admin/cidrs": state["cidrs"], "/v1/admin/associations": []}
        value = values.get(self.path) if self.command == "GET" else None
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(204 if value is None else 200)
        if value is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


Server(("::", port), Handler).serve_forever()
