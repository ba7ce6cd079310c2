#!/usr/bin/env python3
"""Hits every point that is this worker's, and writes what it found. tests/faults.sh starts it.

points.py RESULT WORKER WORKERS ONE_IN HASH [PATTERN]     environment: STAGE_DIR, STAGE_PATH, FAULT_HOSTS ("name=pid ...")

RESULT gets a line per case (tab separated): case, kill points, torn writes, faults, failures, seconds.
"""

import hashlib
import os
import re
import sys
import time
import traceback
from pathlib import Path

import beside_cases
import case as cases_of
import client_cases
import server_cases
import service_cases
from hosts import Host

# What may fail how: once, and from then on together with its kind (below).
FILE_FAULTS = ("ENOSPC", "EIO")
FAULTS = {
    "create": ("EROFS", "ENOSPC", "EMFILE"), "mkdir": ("EROFS", "ENOSPC"), "rename": ("EROFS", "EIO"), "link": ("EROFS",), "symlink": ("EROFS",),
    "unlink": ("EROFS", "EIO"), "rmdir": ("EROFS",), "write": ("ENOSPC", "EIO", "EINTR"), "pwrite": ("ENOSPC", "EIO", "EINTR"), "writev": FILE_FAULTS,
    "ftruncate": ("EIO",), "fallocate": FILE_FAULTS, "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "ENOSPC"), "fchmod": ("EROFS", "EPERM"),
    "chmod": ("EROFS",), "fchown": ("EROFS", "EPERM"), "chown": ("EROFS",), "fsetxattr": ("ENOSPC",), "sendto": ("ENOBUFS", "EINTR"),
    "sendmsg": ("ENOBUFS", "EINTR"), "connect": ("ENOBUFS", "EINTR"), "bind": ("ENOBUFS",), "listen": ("ENOBUFS",), "ioctl": ("EIO",),
    "open": ("EMFILE", "EIO"), "socket": ("EMFILE", "ENOBUFS"), "pipe2": ("EMFILE",), "eventfd2": ("EMFILE",), "timerfd_create": ("EMFILE",),
    "epoll_create1": ("EMFILE",), "inotify_init1": ("EMFILE",), "flock": ("EINTR", "ENOLCK"), "fcntl": ("EIO",),
    "read": ("EIO",), "accept": ("EMFILE", "ENFILE"),
}
FROM_THEN_ON = {
    "ENOSPC": "write,pwrite,writev,create,mkdir,rename,link,symlink,fallocate,fsync,fdatasync",
    "EROFS": "write,pwrite,writev,create,mkdir,rename,link,symlink,fallocate,unlink,rmdir,ftruncate,fchmod,chmod,fchown,chown",
    "EIO": "write,pwrite,writev,fsync,fdatasync,ftruncate,open,read,rename,unlink",
    "EMFILE": "create,open,socket,pipe2,eventfd2,timerfd_create,epoll_create1,inotify_init1",
    "ENOBUFS": "sendto,sendmsg,socket",
}


# They only read; of the server's, that they bring an old database up to date is a case of its own.
WRITES_NOTHING = {"innernet show", "innernet why", "innernet netcheck", "innernet list-cidrs", "innernet list-associations", "innernet-server list-peers", "innernet-server list-cidrs",
                  "innernet-server list-associations"}
# The hosts of this ring have no PostgreSQL server. In its database each of them is one transaction; of files `join` and `add-server` make one, whole or not at
# all, and what `move-database` is when it is interrupted is played by the tests MoveDatabase.*.
NEEDS_POSTGRESQL = {f"innernet-server {name}" for name in ("move-database", "add-server", "join", "list-servers", "step-down", "remove-server")}


def not_played(cases):
    """The commands of both programs that no case plays, although they write."""
    commands = {f"{program} {name.replace('_', '-')}" for program, room in (("innernet", "client"), ("innernet-server", "server"))
                for name in re.findall(r"^  COMMAND\((\w+)\)", Path(room, "cli/commands/commands.hpp").read_text(), re.MULTILINE)}
    assert len(commands) > 30
    played = {command for command in commands for case in cases if re.match(re.escape(command) + r"(?![\w-])", case.name)}
    return sorted(commands - played - WRITES_NOTHING - NEEDS_POSTGRESQL)


class Call:
    def __init__(self, line):
        number, self.name, self.about = line.rstrip("\n").split("\t")
        self.hit = number.startswith("!")
        self.index = int(number.lstrip("!"))


class Stage:
    """Also what cases share. `installed` has the files of alice, who has just joined."""

    def __init__(self, worker):
        self.worker = worker
        folder = os.environ["STAGE_DIR"]
        self.hosts = {name: Host(name, pid) for name, pid in (word.split("=") for word in os.environ["FAULT_HOSTS"].split())}
        self.client, self.server, self.tracer = (f"{folder}/bin/{name}" for name in ("innernet", "innernet-server", "fault_tracer"))
        self.client_options = os.environ.get("FAULT_CLIENT_OPTIONS", "").split()
        self.server_options = os.environ.get("FAULT_SERVER_OPTIONS", "").split()
        self.network = client_cases.Network(self)
        self.installed = self.hosts["alice"].files()

    @staticmethod
    def calls(host):
        log = host.path("/run/faults.log")
        return [Call(line) for line in log.read_text(errors="replace").splitlines() if line.count("\t") == 2] if log.exists() else []

    def traced(self, case, *options):
        case.host.path("/run/faults.log").unlink(missing_ok=True)
        ended = case.host.run(self.tracer, "--log", "/run/faults.log", *options, *case.command(), timeout=cases_of.PATIENCE)
        return ended, self.calls(case.host)


class Worker:
    def __init__(self, result, worker, workers, one_in, seed, pattern):
        self.result, self.worker, self.workers, self.one_in, self.seed, self.pattern = result, worker, workers, one_in, seed, pattern
        self.stage = Stage(worker)

    def is_ours(self, *point, share=1):
        """All points, or one in so many, others at each commit; and of those every second one when there are two workers."""
        number = int.from_bytes(hashlib.sha256("/".join(map(str, (self.seed, *point))).encode()).digest()[:8], "big")
        one_in = 1 if self.one_in == 1 else self.one_in * share
        return number % one_in == 0 and number // one_in % self.workers == self.worker

    def report(self, case, what, found):
        text = "\n".join(found)
        print(f"  FAILED  {case.name}: {what}\n" + "\n".join("          | " + line for line in text.splitlines()[:30]), flush=True)

    def play(self, case):
        began = time.monotonic()
        kills = tears = faults = failures = 0
        try:
            case.once()
            reference = cases_of.Reference(case)
            points = [(index, how) for index in range(1, len(reference.calls) + 1) for how in ("--kill", "--tear") if self.is_ours(case.name, index, how)]
            for index, how in points:
                call, found = cases_of.kill_at(case, reference, index, how)
                if call is None:
                    continue
                if how == "--kill":
                    kills += 1
                else:
                    tears += 1
                if found:
                    failures += 1
                    self.report(case, f"killed at call {index}, {call.name} {call.about}{' (half done)' if how == '--tear' else ''}", found)
            wide = cases_of.Reference(case, wide=True)
            for planned in wide.calls:
                for error in FAULTS.get(planned.name, ()):
                    for also in ("", FROM_THEN_ON.get(error, "")) if FROM_THEN_ON.get(error) else ("",):
                        if not self.is_ours(case.name, planned.index, error, bool(also), share=case.share):
                            continue
                        call, found = cases_of.fault_at(case, reference, planned.index, planned.name, error, also)
                        if call is None:
                            continue
                        faults += 1
                        if found:
                            failures += 1
                            self.report(case, f"{error} {'from then on ' if also else ''}at call {planned.index}, {call.name} {call.about}", found)
            case.finish()
        except Exception:  # one case that can't be played is a failure, and no end
            failures += 1
            self.report(case, "could not be played", traceback.format_exc().splitlines()[-12:])
        seconds = time.monotonic() - began
        with open(self.result, "a", encoding="utf-8") as result:
            result.write(f"{case.name}\t{kills}\t{tears}\t{faults}\t{failures}\t{seconds:.1f}\n")

    def run(self):
        cases = [case for of in (server_cases, client_cases, beside_cases, service_cases) for case in of.cases(self.stage)]
        missing = not_played(cases)
        if missing:
            raise SystemExit(f"no case plays {', '.join(missing)}: add one, or say in WRITES_NOTHING why there is none")
        for case in cases:
            if re.search(self.pattern, case.name):
                self.play(case)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    Worker(arguments[0], int(arguments[1]), int(arguments[2]), int(arguments[3]), arguments[4], arguments[5] if len(arguments) > 5 else "").run()
