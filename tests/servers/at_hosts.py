"""Threads that speak with the servers through the tunnel of a host: one that writes, and one that looks at what one server says."""

import base64
import ctypes
import http.client
import json
import random
import socket
import struct
import threading
import time

from checks import ACKNOWLEDGED, REFUSED, UNKNOWN, Seen, Write
from hosts import NETWORK

SERVER = "10.66.0.1"
PORT = 51820
CLONE_NEWNET = 0x40000000
MOST_PEERS = 12


def enter_network_of(host):
    """For the calling thread alone: sockets it makes from now on are the host's."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{host.pid}/ns/net", "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class NotSent(Exception):
    """No connection, so nobody has seen the request."""


class Lost(Exception):
    """No answer."""


class AtHost(threading.Thread):
    def __init__(self, host, key, servers, patience):
        super().__init__(daemon=True)
        self.host, self.key, self.servers, self.patience = host, key, servers, patience
        self.ends, self.failure = threading.Event(), None

    def run(self):
        try:
            enter_network_of(self.host)
            self.work()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.failure = error
            raise

    def work(self):
        raise NotImplementedError

    def move_to(self, address):
        """As our clients do: a new peer, or WireGuard would go on with the session that it has."""
        self.host.run("wg", "set", NETWORK, "peer", self.key, "remove")
        self.host.run("wg", "set", NETWORK, "peer", self.key, "endpoint", f"{address}:{PORT}", "allowed-ips", f"{SERVER}/32", "persistent-keepalive", "25")

    def ask(self, method, target, body=None, connect_patience=1.0):
        """Status and body. NotSent, Lost."""
        try:
            way = socket.create_connection((SERVER, PORT), timeout=connect_patience)
        except OSError as error:
            raise NotSent(str(error)) from error
        try:
            # When it is closed it is closed: what the server has not got by then it never gets.
            way.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            way.settimeout(self.patience)
            connection = http.client.HTTPConnection(SERVER, PORT)
            connection.sock = way
            headers = {"X-Innernet-Server-Key": self.key, "Content-Type": "application/json"}
            connection.request(method, target, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Lost(str(error) or type(error).__name__) from error
        finally:
            way.close()


class Writer(AtHost):
    """Adds peers, renames them, disables them and enables them again, one change after the other."""

    def __init__(self, number, seed, *arguments):
        super().__init__(*arguments)
        self.number, self.random = number, random.Random(f"{seed} writer {number}")
        self.writes, self.peers = [], []
        self.may_write, self.is_idle = threading.Event(), threading.Event()
        self.acknowledged = 0.0
        self.at, self.addresses, self.count, self.cidr = 0, 0, 0, None

    def work(self):
        while not self.ends.is_set():
            if not self.may_write.is_set():
                self.is_idle.set()
                self.may_write.wait(0.05)
                continue
            self.is_idle.clear()
            self.write()
            time.sleep(self.random.uniform(0.0, 0.1))

    def change_server(self):
        self.at = (self.at + 1) % len(self.servers)
        self.move_to(self.servers[self.at])

    def write(self):
        self.count += 1
        name = f"w{self.number}-{self.count}"
        if len(self.peers) < 3 or (len(self.peers) < MOST_PEERS and self.random.random() < 0.05):
            self.addresses += 1
            peer = {"ip": f"10.66.{100 + self.number}.{self.addresses % 250 + 1}", "cidr_id": self.cidr, "endpoint": None,
                    "public_key": base64.b64encode(self.random.randbytes(32)).decode(), "persistent_keepalive_interval": 25, "is_admin": False,
                    "is_disabled": False, "is_redeemed": True, "invite_expires": None, "candidates": []}
            contents = {**peer, "name": name}
            status, said = self.noted("POST", "/v1/admin/peers", contents, name)
            if status == 201:
                self.peers.append((json.loads(said)["id"], peer))
            return
        number, peer = self.random.choice(self.peers)
        peer["is_disabled"] = self.random.random() < 0.4
        self.noted("PUT", f"/v1/admin/peers/{number}", {**peer, "id": number, "name": name}, name)

    def noted(self, method, target, contents, name):
        write = Write(name=name, peer=contents["public_key"], disabled=contents["is_disabled"], began=time.monotonic())
        self.writes.append(write)
        status, said = 0, b""
        try:
            status, said = self.ask(method, target, contents)
            write.said = f"{status} {said.decode(errors='replace')[:200]}"
            if 200 <= status < 300:
                write.outcome = ACKNOWLEDGED
            elif 400 <= status < 500 or b"nothing is changed" in said:
                write.outcome = REFUSED
            else:
                write.outcome = UNKNOWN
        except NotSent as error:
            write.outcome, write.said = REFUSED, f"not sent: {error}"
        except Lost as error:
            write.outcome, write.said = UNKNOWN, f"no answer: {error}"
        write.ended = time.monotonic()
        if write.outcome == ACKNOWLEDGED:
            self.acknowledged = write.ended
        elif status == 0:
            self.change_server()
        elif status == 503:
            # One stays, the other one looks whether there is a better server; who is no use for long is left by both.
            if self.number == 1 or write.ended - self.acknowledged > 5:
                self.change_server()
            time.sleep(0.2)
        return status, said


class Watcher(AtHost):
    """Asks one server for the state, again and again, whether it is active or not. WireGuard may lead it to the other one, which then has spoken to us."""

    def __init__(self, server, *arguments):
        super().__init__(*arguments)
        self.server, self.states, self.by_status = server, [], {}

    def work(self):
        self.move_to(self.servers[0])
        while not self.ends.is_set():
            asked = time.monotonic()
            try:
                status, said = self.ask("GET", "/v1/user/state", connect_patience=0.4)
            except (NotSent, Lost):
                # WireGuard tries again only after five seconds, and may have gone to the other server.
                self.move_to(self.servers[0])
                time.sleep(0.05)
                continue
            self.by_status[status] = self.by_status.get(status, 0) + 1
            if status == 200:
                state = json.loads(said)
                keys = {peer["public_key"] for peer in state["peers"] if peer["name"].startswith("w")}
                self.states.append(Seen(self.server, asked, time.monotonic(), state.get("term", 0), keys))
            time.sleep(0.1)
