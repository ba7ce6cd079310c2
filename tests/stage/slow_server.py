"""A coordination server that lets one peer in and changes keys only some seconds after its 204, as the Rust server does.

    slow_server.py INTERFACE ADDRESS PORT PEERS_FILE SECONDS

It plays on an interface that is already up, with the invitation's key as the only peer. PEERS_FILE holds the peers of the state
as JSON: the server, the one that redeems, whose key is replaced when it does, and any others. There are no capabilities (404), as with an old server.
"""

import http.server
import json
import socket
import subprocess
import sys
import threading

interface, address, port, peers_file, delay = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5])
with open(peers_file, encoding="utf-8") as file:
    state = json.load(file)
server, guest = state["peers"][:2]


def change_keys(old, new):
    # In two steps, because an address that the old key holds would leave with it.
    subprocess.run(["wg", "set", interface, "peer", old, "remove"], check=True)
    host_route = guest["ip"] + ("/128" if ":" in guest["ip"] else "/32")
    subprocess.run(["wg", "set", interface, "peer", new, "allowed-ips", host_route, "persistent-keepalive", "25"], check=True)
    print("keys changed", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"null")

    def authentic(self):
        if self.headers.get("X-Innernet-Server-Key") == server["public_key"]:
            return True
        self.answer(401)
        return False

    def do_GET(self):
        if not self.authentic():
            return
        if self.path == "/v1/user/state" and guest["is_redeemed"]:
            self.answer(200, state)
        else:
            self.answer(404 if guest["is_redeemed"] else 401)

    def do_POST(self):
        if not self.authentic():
            return
        if self.path != "/v1/user/redeem" or guest["is_redeemed"]:
            self.body()
            self.answer(401)
            return
        old, new = guest["public_key"], self.body()["public_key"]
        guest["public_key"], guest["is_redeemed"] = new, True
        self.answer(204)
        threading.Timer(delay, change_keys, (old, new)).start()

    def do_PUT(self):
        if not self.authentic():
            return
        self.body()
        self.answer(204 if guest["is_redeemed"] and self.path == "/v1/user/candidates" else 404)


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in address else socket.AF_INET


print("listening", flush=True)
Server((address, port), Handler).serve_forever()
