#!/usr/bin/env python3
"""State polls against nginx with the same bytes, on loopback in a network namespace of its own.

    state_polls.py PROGRAMS [--peers N] [--rounds N] [--seconds S]

PROGRAMS is the folder with make_network and serve_loopback. Rounds are interleaved, and the figure of a row is the median of
the rounds' ratios, because absolute figures of a small machine vary by 40 %. Exits 1 when a promise is missed.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

NGINX = """
worker_processes 1;
daemon off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=100 inactive=600s;
  open_file_cache_valid 600s;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  types {{ application/json json; }}
  server {{ listen {server}:8080; root {dir}/www; }}
}}
"""


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"state_polls: gave up waiting for {what}")
        time.sleep(0.02)


def get(url, headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return answer.read(), answer.headers


def wrk(url, connections, seconds, headers, want):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failed = re.search(r"Socket errors: (.*)", text)
    if refused or failed:
        sys.exit(f"state_polls: {url} did not answer {want} each time:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), re.search(r"^\s+99%\s+(\S+)", text, re.MULTILINE)[1]


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def source(viewer, server):
    """Requests to the server come from this peer's address from now on."""
    subprocess.run(["ip", "route", "replace", "local", server, "dev", "lo", "src", viewer, "table", "local"], check=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", type=Path)
    options.add_argument("--peers", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=2)
    given = options.parse_args()
    if os.environ.get("INNERNET_BENCH_NAMESPACE") != "1":
        os.environ["INNERNET_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])

    with tempfile.TemporaryDirectory(prefix="innernet-bench-") as folder:
        run(given, Path(folder))


def run(given, folder):
    made = subprocess.run([given.programs / "make_network", folder / "network", str(given.peers)], check=True, capture_output=True, text=True).stdout
    network = dict(line.split() for line in made.splitlines())
    server = network["server"]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (server, network["few"], network["all"]):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)

    key = {"X-Innernet-Server-Key": network["key"]}
    url = f"http://{server}:{network['port']}/v1/user/state"
    (folder / "www").mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(dir=folder, server=server))
    log = open(folder / "serve.log", "w+")
    started = time.monotonic()
    ours = subprocess.Popen([given.programs / "serve_loopback", folder / "network", server], stdout=log, stderr=log)
    nginx = None
    try:
        wait_for("serve_loopback", lambda: "listening" in (folder / "serve.log").read_text() or ours.poll() is not None)
        if ours.poll() is not None:
            sys.exit("state_polls: " + (folder / "serve.log").read_text())
        print(f"{given.peers} peers; the server listened after {time.monotonic() - started:.2f} s; resident memory {resident(ours.pid):.0f} MB", flush=True)

        rows, missed = [], False
        for name, viewer, connections in (("few", network["few"], 16), ("all", network["all"], 4)):
            source(viewer, server)
            body, headers = get(url, key)
            (folder / "www" / f"{name}.json").write_bytes(body)
            os.chmod(folder, 0o755)
            rows.append((name, viewer, connections, body, headers["ETag"]))
        nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-g", "user root;"], stderr=subprocess.DEVNULL)
        wait_for("nginx", lambda: nginx.poll() is not None or (folder / "nginx.pid").exists() and (folder / "nginx.pid").read_text().strip())

        for name, viewer, connections, body, etag in rows:
            source(viewer, server)
            theirs = f"http://{server}:8080/{name}.json"
            same, headers = get(theirs, {})
            if same != body:
                sys.exit("state_polls: nginx sends other bytes")
            seen = body.count(b'"public_key"')
            missed |= row(f"{seen} peers visible, {len(body):,} bytes", given, connections, (url, key), (theirs, {}), "200")
            print(f"  resident memory {resident(ours.pid):.0f} MB", flush=True)
            missed |= row(f"{seen} peers visible, nothing new (304)", given, connections, (url, {**key, "If-None-Match": etag}),
                          (theirs, {"If-None-Match": headers["ETag"]}), "304")
        sys.exit(1 if missed else 0)
    finally:
        for process in (ours, nginx):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(timeout=20)


def row(name, given, connections, ours, theirs, want):
    """True when the promise is missed."""
    ratios, figures = [], []
    for _ in range(given.rounds):
        (mine, p99), (other, other_p99) = (wrk(where, connections, given.seconds, headers, want) for where, headers in (ours, theirs))
        ratios.append(mine / other)
        figures.append((mine, other, p99, other_p99))
    ratio = statistics.median(ratios)
    mine, other, p99, other_p99 = figures[ratios.index(min(ratios, key=lambda r: abs(r - ratio)))]
    missed = ratio < 0.9
    print(f"{name}: {mine:,.0f}/s (p99 {p99}), nginx {other:,.0f}/s (p99 {other_p99}): ratio {ratio:.2f} "
          f"[{min(ratios):.2f} to {max(ratios):.2f}], promised ≥ 0.90{': MISSED' if missed else ''}", flush=True)
    return missed


if __name__ == "__main__":
    main()
