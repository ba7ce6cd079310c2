#!/usr/bin/env python3
"""What passing packets on costs: our relay, the kernel (nftables dnat and masquerade) and coturn, interleaved, between two network namespaces.

    relay.py PROGRAMS [--rounds N] [--milliseconds N] [--cpu N] [--no-latency]

PROGRAMS is the folder with relay_host and relay_load. Counted is the CPU time of the machine in the middle, whoever spends it there: the
process, and the threads in which the kernel works for its two network devices (threaded NAPI: receiving, forwarding and the way out up to
the next machine's device). The generator's own work, and what the receiving machine does, count for nobody. All share one CPU, so that
each works through what has piled up, as under full load. Devices are as most real ones: GRO, checksums in hardware, no segmentation of UDP
in hardware. Exits 1 when a promise is missed.
"""
import argparse
import atexit
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMISED = {"kernel": 0.5, "coturn": 5}
PROMISED_ALWAYS = {"bare": 0.75}  # also where each packet is for another than the last, and the sockets are all that counts
BYTES_OF_MEMBER, BYTES_OF_FLOW = 200, 100
SIZES = (148, 1420)
FLOWS = {1: (256,), 500: (1, 16)}  # and how many packets of one come after each other
FROM, TO = "10.91.1", "10.91.2"  # .1 is the machine in the middle, .2 the one at the end
FIRST_PORT = 20_000
KERNEL_RECEIVER, BARE_SENDER, BARE_RECEIVER = 31_000, 13_000, 33_000  # as relay_load has them


def sh(command):
    subprocess.run(command, shell=True, check=True)


def build():
    """The namespaces `from`, `middle` and `to`. Returns the pids of the kernel's threads for the devices of `middle`, and of the others."""
    for name in ("from", "middle", "to"):
        sh(f"ip netns add {name} && ip -n {name} link set lo up")
    for name, net in (("from", FROM), ("to", TO)):
        sh(f"ip link add m-{name} netns middle type veth peer name e-{name} netns {name}")
        sh(f"ip -n middle addr add {net}.1/24 dev m-{name} && ip -n middle link set m-{name} up")
        sh(f"ip -n {name} addr add {net}.2/24 dev e-{name} && ip -n {name} link set e-{name} up")
        sh(f"ip -n {name} route add default via {net}.1")
    middle, ends = [], []
    for space, device in (("middle", "m-from"), ("middle", "m-to"), ("from", "e-from"), ("to", "e-to")):
        before = kernel_threads()
        sh(f"ip netns exec {space} sh -c 'ethtool -K {device} gro on tso off tx-udp-segmentation off && echo 1 >/sys/class/net/{device}/threaded'")
        new = kernel_threads() - before
        if not new:
            sys.exit("relay: this kernel has no threaded NAPI for veth (Linux 5.13 has)")
        (middle if space == "middle" else ends).extend(new)
    for pid in middle:
        # Receiving comes before all programs, as in a softirq.
        pin(pid)
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    return middle, ends


def on_one_cpu(loads, ends):
    """A burst is whole before anybody looks at it, and the machine at the end does its part when nobody else has one."""
    for pid in ends:
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
        pin(pid)
    for load in loads:
        os.sched_setscheduler(load.pid, os.SCHED_FIFO, os.sched_param(2))


def on_two_cpus(loads, ends, middle):
    """The ends have one and the machine in the middle has the other, and both have them for themselves: what else runs here must not count."""
    for pid, priority in (*((pid, 2) for pid in ends), *((load.pid, 1) for load in loads)):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(priority))
        pin(pid, OTHER_CPU)
    for pid in middle:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setscheduler(int(task), os.SCHED_FIFO, os.sched_param(1))


def kernel_threads():
    out = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().startswith(("napi/m-", "napi/e-")):
                out.add(int(folder.name))
        except OSError:
            pass  # it has ended
    return out


def pin(pid, cpu=None):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), {CPU if cpu is None else cpu})


def forward(flows):
    """The kernel passes on what comes to ports of the middle."""
    rules = f"""
        table ip relay {{
          chain to {{ type nat hook prerouting priority dstnat; udp dport {FIRST_PORT}-{FIRST_PORT + flows - 1} dnat to {TO}.2 : udp dport map {{
            {", ".join(f"{FIRST_PORT + i} : {KERNEL_RECEIVER + i}" for i in range(flows))} }}; }}
          chain from {{ type nat hook postrouting priority srcnat; ip daddr {TO}.2 masquerade; }}
        }}"""
    sh("ip netns exec middle sysctl -q net.ipv4.ip_forward=1; ip netns exec middle nft delete table ip relay 2>/dev/null || :")
    subprocess.run(["ip", "netns", "exec", "middle", "nft", "-f", "-"], input=rules, text=True, check=True)


class Program:
    """In a namespace, on the CPU of all, with a line in and a line out."""

    running = []

    def __init__(self, space, *command, log=None):
        self.log = open(log, "w+") if log else None
        inside = ["ip", "netns", "exec", space] if space else []
        self.process = subprocess.Popen([*inside, *map(str, command)], stdin=subprocess.PIPE, stdout=self.log or subprocess.PIPE, stderr=self.log,
                                        text=True, preexec_fn=lambda: os.sched_setaffinity(0, {CPU}))
        self.pid = self.process.pid
        Program.running.append(self.process)

    def line(self):
        return self.process.stdout.readline().split() or sys.exit(f"relay: {self.process.args[-7:]} ended")

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.line()

    def rss(self):
        return next(int(line.split()[1]) * 1024 for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))

    def end(self):
        if self.log:
            self.process.terminate()
        else:
            self.process.stdin.close()
            self.process.stdout.read()
        self.process.wait(timeout=20)


class Relay:
    def __init__(self, programs, pairs):
        self.program = Program("middle", programs / "relay_host", pairs)
        self.port, self.key = self.program.line()

    def load(self, programs, flows):
        return ready(programs, "relay", f"{FROM}.1:{self.port}", f"{TO}.1:{self.port}", flows, self.key)


def ready(programs, way, at, at_to, flows, *more):
    out = Program(None, programs / "relay_load", way, "/run/netns/from", "/run/netns/to", at, at_to, flows, *more)
    if out.line() != ["ready"]:
        sys.exit("relay: the load is not ready")
    return out


def start_coturn(folder):
    out = Program("middle", "turnserver", "-n", "--no-auth", "--no-tls", "--no-dtls", "--no-tcp", "--no-cli", "--listening-ip", f"{FROM}.1", "--relay-ip",
                  f"{TO}.1", "--pidfile", folder / "turn.pid", "--log-file", "stdout", "--simple-log", log=folder / "turn.log")
    while f":3478" not in subprocess.run("ip netns exec middle ss -uln", shell=True, capture_output=True, text=True, check=True).stdout:
        if out.process.poll() is not None:
            sys.exit("relay: coturn has ended:\n" + (folder / "turn.log").read_text())
    pin(out.pid)
    return out


def measure(given, folder, threads, ends):
    missed = []
    for flows, trains in FLOWS.items():
        relay, turn = Relay(given.programs, flows), start_coturn(folder)
        bare = Program("middle", given.programs / "relay_host", "bare", BARE_SENDER, f"{TO}.2:{BARE_RECEIVER}", flows)
        forward(flows)
        pids = {"relay": [*threads, relay.program.pid], "kernel": threads, "coturn": [*threads, turn.pid], "bare": [*threads, bare.pid]}
        loads = {"relay": relay.load(given.programs, flows), "kernel": ready(given.programs, "kernel", f"{FROM}.1:{FIRST_PORT}", f"{TO}.1:0", flows),
                 "coturn": ready(given.programs, "turn", f"{FROM}.1:3478", f"{TO}.1:0", flows),
                 "bare": ready(given.programs, "bare", f"{FROM}.1:{bare.line()[0]}", f"{TO}.1:0", flows)}
        on_one_cpu(loads.values(), ends)
        for train in trains:
            for size in SIZES:
                missed += throughput(given, f"{size} B, " + ("1 flow" if flows == 1 else f"{flows} flows, {train} at a time"), size, train, loads, pids)
        if flows == 1 and OTHER_CPU is not None and not given.no_latency:
            on_two_cpus(loads.values(), ends, (relay.program.pid, turn.pid, bare.pid))
            latency(loads)
        for program in (*loads.values(), relay.program, turn, bare):
            program.end()
    return missed


def throughput(given, what, size, train, loads, pids):
    rates, lost = {name: [] for name in loads}, dict.fromkeys(loads, 0)
    for _ in range(given.rounds):
        for name, load in loads.items():
            arrived, gone, spent = map(int, load.ask("load", size, train, given.milliseconds, *pids[name]))
            rates[name].append(arrived * 1e9 / spent)
            lost[name] += gone
    # One that gets no packet through in a round, on a machine that has no time for it, is no measure.
    ratio = {other: statistics.median([a / b for a, b in zip(rates["relay"], rates[other]) if b] or [math.nan]) for other in list(loads)[1:]}
    cells = "".join(f"{statistics.median(values) / 1000:8.0f} k {statistics.median(values) * size / 1e6:6.0f} MB" for values in rates.values())
    print(f"{what:32}{cells}" + "".join(f"{value:10.2f}" for value in ratio.values()) + "".join(f"  {name} lost {count}" for name, count in lost.items() if count), flush=True)
    return [f"{what}: {ratio[other]:.2f} × {other}, promised {promised}" for other, promised in (PROMISED_ALWAYS | (PROMISED if train > 1 else {})).items() if ratio[other] < promised]


def latency(loads):
    """At half of what each passes on when the ends have a CPU of their own. Linux lets nobody have one for a whole second."""
    for name, load in loads.items():
        rate, _, _ = map(int, load.ask("load", SIZES[0], 1, 500))
        arrived, gone, p50, p99 = load.ask("latency", SIZES[0], rate, 700)
        print(f"  {name}: {rate} packets per second of {SIZES[0]} B, half of what passes here: p50 {p50} µs, p99 {p99} µs, {gone} of {int(arrived) + int(gone)} lost", flush=True)
        time.sleep(0.5)


def memory(given, ends):
    """What the whole process takes."""
    missed = []
    few, many, sessions = 500, 5_000, 50_000
    relay = Relay(given.programs, many)
    on_one_cpu([], ends)
    before = relay.program.rss()
    load = relay.load(given.programs, few)
    thousand = relay.program.rss()
    load.ask("register", many - few)
    ten_thousand = relay.program.rss()
    load.ask("sessions", sessions)
    flows = relay.program.rss()
    member, flow = (ten_thousand - before) / (2 * many), (flows - ten_thousand) / (2 * sessions)
    print(f"memory (RSS): nobody registered {before / 1e6:.1f} MB, 1,000 {thousand / 1e6:.1f} MB, 10,000 {ten_thousand / 1e6:.1f} MB "
          f"({member:.0f} bytes each), with 100,000 flows {flows / 1e6:.1f} MB ({flow:.0f} bytes each)")
    if flow > BYTES_OF_FLOW:
        missed.append(f"{flow:.0f} bytes for a flow")
    if member > BYTES_OF_MEMBER:
        missed.append(f"{member:.0f} bytes for a member")
    load.end()
    relay.program.end()
    return missed


def main():
    global CPU, OTHER_CPU
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--milliseconds", type=int, default=1_000)
    options.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    options.add_argument("--no-latency", action="store_true")
    given = options.parse_args()
    CPU = given.cpu
    OTHER_CPU = min(os.sched_getaffinity(0) - {CPU}, default=None)
    if os.environ.get("INNERNET_BENCH_NAMESPACE") != "1":
        os.environ["INNERNET_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    sh("mount -t tmpfs tmpfs /run")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="innernet-bench-") as folder:
        threads, ends = build()
        atexit.register(lambda: [process.kill() for process in Program.running])
        print(f"{'per CPU second':32}" + "".join(f"{name:>20}" for name in ("relay", "kernel", "coturn", "bare sockets")) + "   relay: × kernel, coturn, bare")
        missed = measure(given, Path(folder), threads, ends) + memory(given, ends)
    for what in missed:
        print(f"MISSED: {what}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
