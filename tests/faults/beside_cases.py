"""The server's commands on a network that is served meanwhile: only the command is harmed, and the server has to follow what is kept."""

import re
import signal
import time

import client_cases
import server_cases
from hosts import NETWORK, Answerer

PATIENCE = 10  # seconds in which the server has seen what another process has written

# What the server shows to alice, who is an admin.
SHOWN = """
import json, sys, urllib.request
for _ in sys.stdin:
    found = {}
    try:
        for table in ("peers", "cidrs", "associations"):
            request = urllib.request.Request(f"http://10.66.0.1:51820/v1/admin/{table}", headers={"X-Innernet-Server-Key": sys.argv[1]})
            found[table] = json.load(urllib.request.urlopen(request, timeout=5))
    except Exception as error:
        found = {"error": str(error)}
    print(json.dumps(found), flush=True)
"""

# The tables, as a process sees them that has the database open: what was written by one that was killed may stand in the log and not count.
KEPT = """
import json, sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10, isolation_level=None)
connection.row_factory = sqlite3.Row
for _ in sys.stdin:
    try:
        connection.execute("BEGIN")
        found = {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")] for table in ("cidrs", "peers", "associations")}
        connection.execute("COMMIT")
    except Exception as error:
        found = {"error": str(error)}
    print(json.dumps(found), flush=True)
"""


def answer_of(answerer):
    found = answerer.ask()
    if "error" in found:
        raise ValueError(found["error"])
    return found


class Network(client_cases.Network):
    kept = None

    def tables(self):
        return answer_of(self.kept)


class Beside:
    """Mixed into a case of the client: the command is the server's, on the host and the database of the one that runs."""

    on = "server"
    share = 12

    def __init__(self, stage, *arguments, **options):
        super().__init__(stage, *arguments, **options)
        self.network = Network(stage)

    def once(self):
        key = re.search(r'^public-key = "([^"]+)"', self.stage.hosts["alice"].path(client_cases.CONFIG).read_text(), re.MULTILINE).group(1)
        self.shown = Answerer(self.stage.hosts["alice"], SHOWN, key)
        self.network.kept = Answerer(self.host, KEPT, server_cases.DATABASE)
        super().once()

    def finish(self):
        super().finish()
        self.shown.end()
        self.network.kept.end()

    def innernet(self, *arguments):
        return [self.stage.server, *self.stage.server_options, *arguments]

    def play(self, *options):
        return self.stage.traced(self, *options)

    def put_back(self):
        """Nothing but the invitation, for the server runs on."""
        self.host.path(client_cases.INVITATION).unlink(missing_ok=True)

    def files_now(self):
        """As they were when two looks found the same, for the server writes, too."""
        last = None
        for _ in range(50):
            files = self.host.files()
            if files == last:
                break
            last = files
        return files

    def invariants(self, files):
        return super().invariants(files) + self.disagreement()

    def disagreement(self):
        """What the server shows, or its device has, that is not what the database says."""
        found = []

        def agree():
            found[:] = self.compared()
            return not found

        eventually(agree)
        return found

    def compared(self):
        rows = self.network.tables()
        try:
            shown = answer_of(self.shown)
        except ValueError as error:
            return [f"the server does not answer: {error}"]
        members = ("id", "name", "ip", "cidr_id", "public_key")
        flags = ("is_admin", "is_disabled", "is_redeemed")
        wanted = {
            "peers": sorted([*(row[member] for member in members), *(bool(row[flag]) for flag in flags)] for row in rows["peers"]),
            "cidrs": sorted([row["id"], row["name"], f"{row['ip']}/{row['prefix']}"] for row in rows["cidrs"]),
            "associations": sorted([row["id"], row["cidr_id_1"], row["cidr_id_2"]] for row in rows["associations"]),
        }
        there = {
            "peers": sorted([peer[member] for member in members + flags] for peer in shown["peers"]),
            "cidrs": sorted([cidr["id"], cidr["name"], cidr["cidr"]] for cidr in shown["cidrs"]),
            "associations": sorted([pair["id"], pair["cidr_id_1"], pair["cidr_id_2"]] for pair in shown["associations"]),
        }
        found = [f"the server shows other {what} than the database has:\n    {there[what]}\n    {wanted[what]}" for what in wanted if there[what] != wanted[what]]
        device = dict(line.split("\t") for line in self.host.run("wg", "show", NETWORK, "allowed-ips").said.splitlines())
        let_in = {row["public_key"]: f"{row['ip']}/32" for row in rows["peers"] if row["id"] != 1 and not row["is_disabled"]}
        if device != let_in:
            found.append(f"the device has other peers than the database lets in:\n    {sorted(device.values())}\n    {sorted(let_in.values())}")
        names = sorted(re.findall(r"\s([a-z0-9-]+)\.%s\.wg" % NETWORK, self.host.path("/etc/hosts").read_text()))
        if names != sorted(row["name"] for row in rows["peers"] if row["is_redeemed"] and not row["is_disabled"]):
            found.append(f"/etc/hosts has other names than the database: {names}")
        return found


class Changes(Beside, client_cases.Change):
    pass


class Invites(Beside, client_cases.Invite):
    pass


class Uninstall(server_cases.Uninstall):
    """The server ends when its config is gone, and makes an interface that was removed anew while it is there."""

    share = 12
    service = None

    def once(self):
        super().once()
        self.host.remove_link()

    def prepare(self):
        self.finish()
        super().prepare()
        # pylint: disable=consider-using-with
        self.service = self.host.start(self.stage.server, *self.stage.server_options, "serve", NETWORK, output=open("/dev/null", "wb"))
        eventually(lambda: self.host.listens(client_cases.API_PORT))

    def finish(self):
        if self.service is not None:
            self.service.end(signal.SIGTERM, PATIENCE)
            self.host.remove_link()

    def state(self):
        files = self.host.files()
        return [server_cases.CONFIG in files, server_cases.DATABASE in files, self.host.has_link()]

    def allowed(self, before, after):
        # The interface is whatever is right by then (below).
        return [[config, database, link] for config, database in ((True, True), (False, True), (False, False)) for link in (False, True)]

    def invariants(self, files):
        if server_cases.CONFIG in files:
            return [] if eventually(self.host.has_link) and self.service.is_there() else ["the network is there, and is not served"]
        return [] if eventually(lambda: not self.service.is_there()) else ["the network is gone, and is served"]


def eventually(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def cases(stage):
    suffix = ", beside the server"
    return [
        *client_cases.changes(stage, "innernet-server", suffix, Changes),
        Invites(stage, f"innernet-server add-peer{suffix}"),
        Uninstall(stage, f"innernet-server uninstall{suffix}", ["uninstall", NETWORK, "--yes"], "there is no network"),
    ]
