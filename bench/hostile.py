#!/usr/bin/env python3
"""What a peer that behaves waits while others do their worst, on loopback in a network namespace of its own.

    hostile.py PROGRAMS [--peers N] [--seconds S] [--only ATTACK]...

PROGRAMS is the folder with make_network and serve_loopback. The good peer asks for its state 300 times a second, and has it. Its p99
during each attack is compared with the p99 of the quiet moments before and after. Both run in real time, and the attackers get what they
leave of the processors: what is measured is the server, and not who has more of a small machine. Exits 1 when an attack of one peer, or
one by many connections, more than doubles the p99 or ends the server; of attacks by twenty peers at once the figures are shown alone.
"""
import argparse
import os
import re
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMISED = 2.0
DESCRIPTORS = 24_576


class Attack:
    """One process of an attacker: connections that send, and read what comes or don't."""

    def __init__(self, server, key):
        self.server, self.key = server, key

    def request(self, method, path, fields="", body=None):
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        return f"{method} {path} HTTP/1.1\r\nX-Innernet-Server-Key: {self.key}\r\n{fields}{length}\r\n{body or ''}".encode()

    def connect(self, source):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((source, 0))
        connection.setblocking(False)
        connection.connect_ex(self.server)
        return connection

    def flood(self, sources, payload, connections=64, reads=True, per_second=None, half_close=False):
        """Sends `payload` on each connection again and again, for ever; `per_second`: so many bytes of it."""
        poll, state = select.epoll(), {}

        def add(source):
            try:
                connection = self.connect(source)
            except OSError:
                return
            state[connection.fileno()] = [connection, source, 0]
            poll.register(connection, select.EPOLLIN | (0 if per_second else select.EPOLLOUT))

        for source in sources:
            for _ in range(connections):
                add(source)
        tick = time.monotonic()
        while True:
            if not state:
                time.sleep(0.01)
            again = []
            if per_second and time.monotonic() - tick > 1:
                tick = time.monotonic()
                for descriptor in state:
                    poll.modify(descriptor, select.EPOLLIN | select.EPOLLOUT)
            for descriptor, events in poll.poll(0.1):
                connection, source, sent = state[descriptor]
                try:
                    if events & select.EPOLLOUT:
                        # Little at a time: a core that delivers a lot over loopback runs nobody else meanwhile, not even the good peer.
                        piece = payload[sent:sent + (per_second or 1 << 14)]
                        sent += connection.send(piece)
                        state[descriptor][2] = sent % len(payload)
                        if half_close and sent >= len(payload):
                            connection.shutdown(socket.SHUT_WR)
                        if per_second or (half_close and sent >= len(payload)):
                            poll.modify(descriptor, select.EPOLLIN)
                    # Little at a time here, too: a system call that copies a megabyte lets nobody else onto its core.
                    if events & select.EPOLLIN and reads and not connection.recv(1 << 16):
                        raise ConnectionResetError
                    if events & (select.EPOLLHUP | select.EPOLLERR):
                        raise ConnectionResetError
                    if events == select.EPOLLIN and not reads:
                        poll.modify(descriptor, select.EPOLLOUT)
                except BlockingIOError:
                    pass
                except OSError:
                    poll.unregister(descriptor)
                    connection.close()
                    del state[descriptor]
                    again.append(source)
            for source in again:
                add(source)

    def come_and_go(self, source):
        while True:
            try:
                connection = self.connect(source)
                select.select([], [connection], [], 1)
                connection.close()
            except OSError:
                pass


def attacks(network, hostile):
    """(name, what it does): `hostile` are addresses of peers, the first one an administrator's."""
    admin, peer, many = hostile[0], hostile[1], hostile[2:]
    capabilities = "/v1/user/capabilities"
    nested = "[" * 16_000
    paths = ["/", "/v1", "/v1/user", "/v1/user/state", "/v1/user/redeem", "/v1/user/endpoint", "/v1/user/candidates", "/v1/admin/peers",
             "/v1/admin/peers/1", "/v1/admin/cidrs/0", "/v1/admin/associations/-9223372036854775808", "/v2/" + "x" * 4_000]
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PRI", "X" * 100]

    def candidates(a):
        return b"".join(a.request("PUT", "/v1/user/candidates", body=f'["192.0.2.{n % 250 + 1}:{n + 1}"]') for n in range(2_000))

    return [
        ("a request byte by byte, 64 times", lambda a: a.flood([peer], a.request("PUT", "/v1/user/candidates", body="[" + " " * 9_000), per_second=1)),
        (f"{len(many) * 64} connections that say nothing", lambda a: a.flood(many, b"\r\n", per_second=1)),
        (f"{len(many) * 64} requests that never end", lambda a: a.flood(many, a.request("GET", capabilities)[:-4], per_second=1)),
        ("connections that come and go", lambda a: a.come_and_go(peer)),
        ("pipelined requests, 64 connections", lambda a: a.flood([peer], a.request("GET", capabilities) * 1_000)),
        ("pipelined requests of 20 peers", lambda a: a.flood(many[:20], a.request("GET", capabilities) * 1_000)),
        ("whole states, read", lambda a: a.flood([admin], a.request("GET", "/v1/user/state") * 100)),
        ("whole states, not read", lambda a: a.flood([admin], a.request("GET", "/v1/user/state") * 100, reads=False)),
        ("all peers (admin), read", lambda a: a.flood([admin], a.request("GET", "/v1/admin/peers") * 100)),
        ("all peers (admin), not read", lambda a: a.flood([admin], a.request("GET", "/v1/admin/peers") * 100, reads=False)),
        ("candidates, others each time", lambda a: a.flood([peer], candidates(a))),
        ("candidates of 20 peers", lambda a: a.flood(many[:20], candidates(a))),
        ("heads without end", lambda a: a.flood([peer], b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000)),
        ("bodies without end", lambda a: a.flood([peer], a.request("PUT", "/v1/user/candidates", "Transfer-Encoding: chunked\r\n") + b"f" * 100_000)),
        ("bodies nested 16,000 deep", lambda a: a.flood([peer], a.request("PUT", "/v1/user/candidates", body=nested) * 20)),
        ("each method on each path", lambda a: a.flood([peer], b"".join(a.request(m, p, body="") for m in methods for p in paths))),
        ("waits that are half closed", lambda a: a.flood([peer], a.request("GET", "/v1/user/state", "Prefer: wait=300\r\nIf-None-Match: *\r\n"), half_close=True)),
        ("waits of 20 peers that are let go", lambda a: a.flood(many[:20], a.request("GET", "/v1/user/state", "Prefer: wait=300\r\nIf-None-Match: *\r\n"), reads=False)),
    ]


class Good:
    def __init__(self, source, server, key):
        self.socket = socket.socket()
        self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.socket.connect(server)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key, self.etag = key, "none"

    def ask(self):
        began = time.perf_counter()
        self.socket.sendall(f"GET /v1/user/state HTTP/1.1\r\nX-Innernet-Server-Key: {self.key}\r\nIf-None-Match: {self.etag}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int((re.search(rb"Content-Length: (\d+)", head) or [0, 0])[1])
        missing = length - len(body)
        while missing > 0:
            missing -= len(self.receive())
        took = time.perf_counter() - began
        self.etag = re.search(rb"ETag: (\S+)", head)[1].decode()
        return took * 1000

    def receive(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise ConnectionResetError("the server has closed the good peer's connection")
        return piece

    def p99(self, seconds):
        end, times = time.monotonic() + seconds, []
        while time.monotonic() < end:
            times.append(self.ask())
            time.sleep(1 / 300)
        times.sort()
        return times[len(times) * 99 // 100]


def memory(pid, what):
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", type=Path)
    options.add_argument("--peers", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--only", action="append", help="attacks whose name has this in it")
    given = options.parse_args()
    if os.environ.get("INNERNET_BENCH_NAMESPACE") != "1":
        os.environ["INNERNET_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    with tempfile.TemporaryDirectory(prefix="innernet-bench-") as folder:
        run(given, Path(folder))


def run(given, folder):
    made = subprocess.run([given.programs / "make_network", folder / "network", str(given.peers)], check=True, capture_output=True, text=True)
    network = dict(line.split() for line in made.stdout.splitlines())
    server, key = (network["server"], int(network["port"])), network["key"]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo"], check=True)
    log = open(folder / "serve.log", "w+")
    serve = subprocess.Popen([given.programs / "serve_loopback", folder / "network", server[0]], stdout=log, stderr=log)
    try:
        while "listening" not in (folder / "serve.log").read_text():
            if serve.poll() is not None:
                sys.exit("hostile: " + (folder / "serve.log").read_text())
            time.sleep(0.02)
        sys.exit(1 if measure(given, network, server, key, serve) else 0)
    finally:
        serve.terminate()
        serve.wait(timeout=20)


def measure(given, network, server, key, serve):
    # The first group sees all and has the administrators; the others see few.
    hostile = [network["all"]] + [f"10.{3 + n % 100}.0.{1 + n // 100}" for n in range(157)]
    good = Good(network["few"], server, key)
    good.p99(1)
    print(f"{given.peers} peers; the good peer asks 300 times a second; promised: p99 ≤ {PROMISED:.0f} × the quiet one\n")
    print(f"{'attack':44} {'quiet p99':>10} {'p99':>10} {'ratio':>6} {'memory':>8} {'most':>8}")
    missed = False
    for name, attack in attacks(network, hostile):
        if given.only and not any(part in name for part in given.only):
            continue
        before = good.p99(given.seconds / 2)
        Path(f"/proc/{serve.pid}/clear_refs").write_text("5")
        child = os.fork()
        if child == 0:
            try:
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
                os.nice(19)
                good.socket.close()
                attack(Attack(server, key))
            finally:
                os._exit(1)
        try:
            time.sleep(0.5)
            during = good.p99(given.seconds)
            now, most = memory(serve.pid, "VmRSS"), memory(serve.pid, "VmHWM")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        time.sleep(0.5)
        quiet = statistics.mean((before, good.p99(given.seconds / 2)))
        is_missed = during > PROMISED * quiet and "of 20 peers" not in name
        missed |= is_missed
        print(f"{name:44} {quiet:7.2f} ms {during:7.2f} ms {during / quiet:6.2f} {now:5.0f} MB {most:5.0f} MB{'  MISSED' if is_missed else ''}", flush=True)
        if serve.poll() is not None:
            sys.exit("hostile: the server has ended: " + Path(serve.stdout.name).read_text())
    return missed


if __name__ == "__main__":
    main()
