"""The server's own commands, on a network that nobody serves."""

import re
import sqlite3
import tempfile
from pathlib import Path

import whole
from case import PATIENCE, Case
from hosts import NETWORK

DATABASE = f"/var/lib/innernet-server/{NETWORK}.db"
CONFIG = f"/etc/innernet-server/{NETWORK}.conf"
INVITATION = "/run/faults/p.toml"

NEW = ["new", "--network-name", NETWORK, "--network-cidr", "10.66.0.0/16", "--external-endpoint", "198.51.100.1:51820", "--listen-port", "51820"]
CIDR = ["add-cidr", NETWORK, "--parent", NETWORK, "--yes"]
PEER = ["add-peer", NETWORK, "--cidr", "humans", "--auto-ip", "--admin", "false", "--invite-expires", "14d", "--yes"]


def new_connection_left_open(files):
    """The same files as a server that was killed leaves them: the last change is in the log alone."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="innernet-faults.") as folder:
        copy = Path(folder) / f"{NETWORK}.db"
        copy.write_bytes(files[DATABASE][1])
        connection = sqlite3.connect(copy)
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("UPDATE peers SET candidates = '[]' WHERE name = 'old'")
        mode = files[DATABASE][0]
        with_log = dict(files)
        for suffix in ("", "-wal", "-shm"):
            with_log[DATABASE + suffix] = (mode, (Path(folder) / f"{NETWORK}.db{suffix}").read_bytes())
        connection.close()
    return with_log


class Command(Case):
    """On a network with CIDRs humans, robots and ghosts, humans and robots associated, a peer `old` and one that is disabled."""

    arguments = ()
    refusal = None   # what it says, rightly, when it has been done already
    start = {}

    def __init__(self, stage, name, arguments, refusal=None, with_log=False):
        super().__init__(stage)
        self.name, self.arguments, self.refusal, self.with_log = name, arguments, refusal, with_log

    def once(self):
        if not Command.start:
            self.host.put_back({})
            for arguments in (NEW, CIDR + ["--name", "humans", "--cidr", "10.66.1.0/24"], CIDR + ["--name", "robots", "--cidr", "10.66.2.0/24"],
                              CIDR + ["--name", "ghosts", "--cidr", "10.66.3.0/24"], ["add-association", NETWORK, "humans", "robots"],
                              PEER + ["--name", "old", "--save-config", "/run/faults/old.toml"],
                              PEER + ["--name", "out", "--save-config", "/run/faults/out.toml"], ["disable-peer", NETWORK, "--name", "out", "--yes"]):
                self.succeed(arguments)
            Command.start[False] = {path: content for path, content in self.host.files().items() if not path.endswith((".toml", ".lock"))}
            Command.start[True] = new_connection_left_open(Command.start[False])

    def succeed(self, arguments):
        ended = self.host.run(self.stage.server, *self.stage.server_options, *arguments)
        if ended.status != 0:
            raise RuntimeError(f"{arguments}: exit {ended.status}\n{ended.said}")

    def prepare(self):
        self.host.put_back(Command.start[self.with_log])

    def command(self):
        return [self.stage.server, *self.stage.server_options, *self.arguments]

    def refused(self, said):
        if self.refusal and re.search(self.refusal, said.said):
            return []
        return super().refused(said)

    def state(self):
        files = self.host.files()
        return whole.comparable(whole.database(files, DATABASE)) if DATABASE in files else None


class AddPeer(Command):
    def names(self):
        return super().names() + [INVITATION.rsplit("/", 1)[1]]

    def invariants(self, files):
        if DATABASE not in files:
            return []
        peer = next((row for row in whole.database(files, DATABASE)["peers"] if row["name"] == "p"), None)
        if peer is None:
            return []
        if INVITATION not in files:
            return ["there is a peer p, and nobody has its key"]
        key = re.search(r'private-key = "([^"]+)"', files[INVITATION][1].decode()).group(1)
        return [] if whole.public_key(key) == peer["public_key"] else ["the invitation has another key than the peer"]

    def again(self):
        said = self.host.run(*self.command(), timeout=PATIENCE)
        if said.status == 0:
            return []
        files = self.host.files()
        # It was written before the change was kept: what it says has to be enough to go on.
        if INVITATION in files and "exists already, and is not overwritten" in said.said:
            self.host.path(INVITATION).unlink()
            return super().again()
        return self.refused(said)


class New(Command):
    def prepare(self):
        self.host.put_back({})

    def state(self):
        files = self.host.files()
        return CONFIG in files and DATABASE in files and whole.comparable(whole.database(files, DATABASE))

    def allowed(self, before, after):
        return None

    def invariants(self, files):
        if CONFIG not in files:
            return []
        if DATABASE not in files:
            return ["a config without a database"]
        key = re.search(r'private-key = "([^"]+)"', files[CONFIG][1].decode()).group(1)
        return [] if whole.public_key(key) == whole.database(files, DATABASE)["peers"][0]["public_key"] else ["the server has another key than its config"]

    def again(self):
        said = self.host.run(*self.command(), timeout=PATIENCE)
        if said.status == 0 or (CONFIG in self.host.files() and "exists already" in said.said):
            return []
        # Half a network: it says what removes it.
        if f"innernet-server uninstall {NETWORK}" not in said.said:
            return self.refused(said)
        self.succeed(["uninstall", NETWORK, "--yes"])
        return super().again()


class Uninstall(Command):
    def state(self):
        files = self.host.files()
        return [CONFIG in files, whole.comparable(whole.database(files, DATABASE)) if DATABASE in files else None]

    def allowed(self, before, after):
        return [before, [False, before[1]], after]


class Migration(Command):
    def __init__(self, stage, version, sql):
        super().__init__(stage, f"innernet-server, a database of version {version}", ["list-peers", NETWORK])
        self.version, self.sql = version, sql

    def once(self):
        super().once()
        with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="innernet-faults.") as folder:
            copy = Path(folder) / f"{NETWORK}.db"
            connection = sqlite3.connect(copy)
            connection.executescript(self.sql)
            connection.close()
            self.files = dict(Command.start[False])
            self.files[DATABASE] = (0o600, copy.read_bytes())

    def prepare(self):
        self.host.put_back(self.files)

    def names(self):
        return [DATABASE, CONFIG]


def cases(stage):
    new_cidr = CIDR + ["--name", "new", "--cidr", "10.66.9.0/24"]
    commands = [
        ("add-cidr", new_cidr, "there is a CIDR|already"),
        ("rename-cidr", ["rename-cidr", NETWORK, "--name", "humans", "--new-name", "people", "--yes"], "no CIDR named"),
        ("delete-cidr", ["delete-cidr", NETWORK, "--name", "ghosts", "--yes"], "no CIDR named"),
        ("rename-peer", ["rename-peer", NETWORK, "--name", "old", "--new-name", "young", "--yes"], "no peer named"),
        ("disable-peer", ["disable-peer", NETWORK, "--name", "old", "--yes"], "disabled"),
        ("enable-peer", ["enable-peer", NETWORK, "--name", "out", "--yes"], "not disabled|enabled"),
        ("set-relay", ["set-relay", NETWORK, "--name", "old", "--yes"], "already"),
        ("add-association", ["add-association", NETWORK, "humans", "ghosts", "--yes"], "already"),
        ("delete-association", ["delete-association", NETWORK, "humans", "robots", "--yes"], "no association|not associated"),
    ]
    found = [New(stage, "innernet-server new", NEW)]
    for with_log in (False, True):
        suffix = ", after a server that was killed" if with_log else ""
        for name, arguments, refusal in commands:
            found.append(Command(stage, f"innernet-server {name}{suffix}", arguments, refusal, with_log))
        found.append(AddPeer(stage, f"innernet-server add-peer{suffix}", PEER + ["--name", "p", "--save-config", "p.toml"], "there is a peer|already", with_log))
        found.append(Uninstall(stage, f"innernet-server uninstall{suffix}", ["uninstall", NETWORK, "--yes"], "there is no network", with_log))
    for version in (0, 1):
        found.append(Migration(stage, version, Path(f"server/model/testdata/ipv4/server-v{version}.sql").read_text()))
    return found
