"""Hosts of a stage (tests/stage/stage.sh) as the driver sees them: commands on them, and their files, kept and put back."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

NETWORK = "evilcorp"
# What the programs may change, of each host; the last is where they are run.
FOLDERS = ("etc/innernet", "var/lib/innernet", "etc/innernet-server", "var/lib/innernet-server", "run/faults")
HOSTS_FILE = "etc/hosts"


class Ended:
    """A command that has ended: its exit status, and what it said on either output."""

    def __init__(self, status, said):
        self.status, self.said = status, said


class Service:
    """A command in the background."""

    def __init__(self, process):
        self.process = process

    def is_there(self):
        return self.process.poll() is None

    def end(self, number, patience):
        """Its exit status; -1 when it does not end. nsenter waits for a child, which has become the command."""
        if self.is_there():
            for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
                os.kill(int(child), number)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL, 10)
            return -1


class Answerer:
    """A program on a host that answers each line of its standard input by a line of JSON, so that nothing has to be started to ask."""

    def __init__(self, host, program, *arguments):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([*host.enter, "python3", "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


class Host:
    def __init__(self, name, pid):
        self.name, self.pid = name, pid
        self.root = Path(f"/proc/{pid}/root")
        (self.root / "run/faults").mkdir(exist_ok=True)
        self.enter = ["nsenter", f"--target={pid}", "--net", "--mount", "--uts", "--pid", "--", "env", "-C", "/run/faults", "-i", "HOME=/run/faults", f"PATH={os.environ['STAGE_PATH']}", "LANG=C.UTF-8"]

    def run(self, *command, timeout=60):
        try:
            done = subprocess.run([*self.enter, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=timeout, text=True, errors="replace")
        except subprocess.TimeoutExpired as late:
            return Ended(-1, f"{(late.stdout or b'').decode(errors='replace')}\nnot ended after {timeout} s")
        return Ended(done.returncode, done.stdout)

    def start(self, *command, output):
        return Service(subprocess.Popen([*self.enter, *map(str, command)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT))

    def path(self, path):
        return self.root / str(path).lstrip("/")

    def files(self):
        """Everything in the folders: path -> (mode, content); content None: a folder. Lock files count as absent: they may stay."""
        found = {}
        for top in FOLDERS:
            folder = self.root / top
            if not folder.exists():
                continue
            found["/" + top] = (folder.stat().st_mode, None)
            for parent, folders, files in os.walk(folder):
                for name in folders + files:
                    path = Path(parent) / name
                    status = path.lstat()
                    content = path.read_bytes() if name in files else None
                    found["/" + str(path.relative_to(self.root))] = (status.st_mode, content)
        hosts = self.root / HOSTS_FILE
        found["/" + HOSTS_FILE] = (hosts.stat().st_mode, hosts.read_bytes())
        for path in (self.root / "etc").glob(".hosts*"):
            found[f"/etc/{path.name}"] = (path.stat().st_mode, path.read_bytes())
        return found

    def put_back(self, files):
        for top in FOLDERS:
            folder = self.root / top
            # A host has these in memory; the machine's own are not ours to remove.
            assert folder.parent.stat().st_dev != os.stat("/").st_dev
            if folder.exists():
                shutil.rmtree(folder)
        (self.root / "run/faults").mkdir()
        for path in (self.root / "etc").glob(".hosts*"):
            path.unlink()
        for path, (mode, content) in files.items():
            there = self.path(path)
            if content is None:
                there.mkdir(exist_ok=True)
            else:
                there.write_bytes(content)
            there.chmod(mode & 0o7777)

    def listens(self, port):
        """On TCP, IPv4. 0A is LISTEN."""
        table = Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table[1:])

    def udp(self):
        """Its table of UDP sockets."""
        return Path(f"/proc/{self.pid}/net/udp").read_text()

    def has_link(self):
        return self.run("ip", "link", "show", NETWORK).status == 0

    def remove_link(self):
        """wireguard-go ends when its link is gone, and its socket goes with it. One that was just starting makes its link only now."""
        self.run("sh", "-c", f"n=0; while ip link delete {NETWORK} 2>/dev/null || pgrep -x wireguard-go >/dev/null || [ -e /run/wireguard/{NETWORK}.sock ]; do "
                 "[ $n -lt 400 ] || break; sleep 0.005; n=$((n + 1)); done; rm -f /run/wireguard/*")
