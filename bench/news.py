#!/usr/bin/env python3
"""How soon a change reaches clients that wait for news, over loopback in a network namespace of its own.

    news.py PROGRAMS [--peers N] [--clients N] [--rounds N]

PROGRAMS is the folder with make_network and serve_loopback. One process holds a waiting request for each client, from an address of its own,
and an administrator renames a peer that all of them see; the time is from the first byte of that request to the whole answer
of each client. Reading a thousand answers takes this process some ten milliseconds, which count. Exits 1 when the promise is missed.
"""
import argparse
import http.client
import json
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMISE_MS = 100


class Waiting:
    """A client that always waits for what is newer than what it has."""

    def __init__(self, address, server, key):
        self.socket = socket.socket()
        self.socket.bind((address, 0))
        self.socket.connect(server)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"GET /v1/user/state HTTP/1.1\r\nHost: {server[0]}\r\nX-Innernet-Server-Key: {key}\r\nA-IM: innernet\r\n"
        self.buffer = b""

    def ask(self, etag, seconds):
        self.socket.sendall(f"{self.head}If-None-Match: {etag}\r\nPrefer: wait={seconds}\r\n\r\n".encode())

    def read(self):
        """(status, etag, body) when the answer is whole."""
        self.buffer += self.socket.recv(1 << 16)
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if len(body) < int(fields.get("content-length", 0)):
            return None
        self.buffer = b""
        return int(lines[0].split()[1]), fields["etag"], body


def request(source, server, key, method, path, value=None, headers=None):
    connection = http.client.HTTPConnection(*server, source_address=(source, 0), timeout=30)
    connection.request(method, path, None if value is None else json.dumps(value), {"X-Innernet-Server-Key": key, **(headers or {})})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 204):
        sys.exit(f"news: {method} {path}: {answer.status} {body.decode()}")
    connection.close()
    return body, answer.headers


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", type=Path)
    options.add_argument("--peers", type=int, default=10_000)
    options.add_argument("--clients", type=int, default=1_000)
    options.add_argument("--rounds", type=int, default=50)
    given = options.parse_args()
    if os.environ.get("INNERNET_BENCH_NAMESPACE") != "1":
        os.environ["INNERNET_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    with tempfile.TemporaryDirectory(prefix="innernet-bench-") as folder:
        run(given, Path(folder))


def run(given, folder):
    # Ten CIDRs; those in the first are administrators and see everybody.
    made = subprocess.run([given.programs / "make_network", folder / "network", str(given.peers), "10", "20"], check=True, capture_output=True, text=True)
    network = dict(line.split() for line in made.stdout.splitlines())
    if given.clients > (given.peers + 8) // 10:
        sys.exit("news: a tenth of the peers can wait")
    server, key = (network["server"], int(network["port"])), network["key"]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo"], check=True)
    log = open(folder / "serve.log", "w+")
    serve = subprocess.Popen([given.programs / "serve_loopback", folder / "network", server[0]], stdout=log, stderr=log)
    try:
        while "listening" not in (folder / "serve.log").read_text():
            if serve.poll() is not None:
                sys.exit("news: " + (folder / "serve.log").read_text())
            time.sleep(0.02)
        measure(given, server, key, serve.pid)
    finally:
        serve.terminate()
        serve.wait(timeout=20)


def cpu_ms(pid):
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure(given, server, key, pid):
    addresses = [f"10.1.{i >> 8}.{i & 255}" for i in range(1, given.clients + 1)]
    admin = addresses[0]
    target = next(peer for peer in json.loads(request(admin, server, key, "GET", "/v1/admin/peers")[0]) if peer["ip"].startswith("10.5."))
    etag = request(admin, server, key, "GET", "/v1/user/state")[1]["ETag"]
    clients = {}
    poll = select.epoll()
    for address in addresses:
        client = Waiting(address, server, key)
        clients[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        client.ask(etag, 60)

    times = []
    spent, own = cpu_ms(pid), time.process_time()
    for number in range(given.rounds):
        # All of them are held by now; nobody may have been answered.
        time.sleep(0.3)
        if poll.poll(0):
            sys.exit("news: a client was answered without news")
        target["name"] = f"renamed-{number}"
        connection = http.client.HTTPConnection(*server, source_address=(admin, 0), timeout=30)
        connection.connect()
        body = json.dumps({name: value for name, value in target.items() if name != "id"})
        began = time.perf_counter()
        connection.request("PUT", f"/v1/admin/peers/{target['id']}", body, {"X-Innernet-Server-Key": key})
        left = len(clients)
        answered = []
        while left:
            for descriptor, _ in poll.poll():
                answer = clients[descriptor].read()
                if answer is None:
                    continue
                times.append((time.perf_counter() - began) * 1000)
                status, etag, body = answer
                if status != 226 or target["name"].encode() not in body:
                    sys.exit(f"news: an answer without the news: {status} {body[:200]}")
                answered.append((clients[descriptor], etag))
                left -= 1
        if connection.getresponse().status != 204:
            sys.exit("news: the change was refused")
        connection.close()
        for client, etag in answered:
            client.ask(etag, 60)

    spent, own = (cpu_ms(pid) - spent) / given.rounds, (time.process_time() - own) * 1000 / given.rounds
    times.sort()
    p99 = times[len(times) * 99 // 100]
    missed = p99 > PROMISE_MS
    print(f"{given.clients} waiting clients, {given.peers} peers, {given.rounds} changes: a change reaches half of them after {times[len(times) // 2]:.1f} ms, "
          f"99 % after {p99:.1f} ms, all after {times[-1]:.1f} ms; promised 99 % ≤ {PROMISE_MS} ms{': MISSED' if missed else ''}\n  CPU per change: the server {spent:.1f} ms, the clients in this process {own:.1f} ms", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
