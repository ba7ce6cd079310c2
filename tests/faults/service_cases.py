"""What does not end by itself: the server as it starts, ends, and answers; the client's daemon."""

import re
import signal
import time

import client_cases
import server_cases
import whole
from case import PATIENCE
from hosts import NETWORK, Ended

PORT = client_cases.API_PORT


class Running:
    """Mixed into a case: its command is a service, which is ready at some time, then has work to do, and is ended by SIGTERM."""

    def is_ready(self):
        raise NotImplementedError

    def work(self, service):
        """What is done while it runs. Ends when the service does."""

    def play(self, *options):
        self.host.path("/run/faults.log").unlink(missing_ok=True)
        ended = self.serve([self.stage.tracer, "--log", "/run/faults.log", *options, *self.command()])
        return ended, self.stage.calls(self.host)

    def serve(self, command):
        said = self.host.path("/run/faults.said")
        with open(said, "wb") as output:
            service = self.host.start(*command, output=output)
            end = time.monotonic() + PATIENCE
            while service.is_there() and not self.is_ready() and time.monotonic() < end:
                time.sleep(0.005)
            if service.is_there():
                self.work(service)
            # SQLite tries for ten seconds to get a lock that the system refuses, and more than once.
            status = service.end(signal.SIGTERM, 3 * PATIENCE)
        return Ended(status, said.read_text(errors="replace"))


class Start(Running, server_cases.Command):
    """Of a network whose database is there."""

    def prepare(self):
        super().prepare()
        self.host.remove_link()

    def is_ready(self):
        return self.host.listens(PORT)

    def names(self):
        return super().names() + [f"port {PORT}"]

    def again(self):
        # wireguard-go, told to end by a start that has failed, has its port a moment longer than its link.
        end = time.monotonic() + 2
        while time.monotonic() < end and f":{PORT:04X} " in self.host.udp():
            time.sleep(0.01)
        key = []
        self.work = lambda service: key.append(self.host.run("sh", "-c", f"wg show {NETWORK} public-key; ip -o address show dev {NETWORK}").said)
        try:
            ended = self.serve(self.command())
        finally:
            del self.work
        if ended.status != 0 or not key:
            return self.refused(ended)
        server = whole.database(self.host.files(), server_cases.DATABASE)["peers"][0]
        return [] if server["public_key"] in key[0] and server["ip"] in key[0] else [f"half an interface: {key[0]}"]


class Answers(Running, client_cases.Client):
    """The server while an admin works on the network, and a guest joins. What it has answered is kept."""

    name = "innernet-server serve, answering"
    on = "server"
    share = 24
    # What alice does, and how the database shows it.
    WORK = [
        (["rename-peer", NETWORK, "--name", "bob", "--new-name", "bill", "--yes"], lambda rows: any(row["name"] == "bill" for row in rows["peers"])),
        (["add-cidr", NETWORK, "--name", "extra", "--cidr", "10.66.9.0/24", "--parent", NETWORK, "--yes"],
         lambda rows: any(row["name"] == "extra" for row in rows["cidrs"])),
        (["add-association", NETWORK, "humans", "extra", "--yes"], lambda rows: bool(rows["associations"])),
        (["add-peer", NETWORK, "--name", "q", "--cidr", "extra", "--auto-ip", "--admin", "false", "--invite-expires", "14d", "--yes", "--save-config", "q.toml"],
         lambda rows: any(row["name"] == "q" for row in rows["peers"])),
        (["disable-peer", NETWORK, "--name", "bill", "--yes"], lambda rows: any(row["name"] == "bill" and row["is_disabled"] for row in rows["peers"])),
        (["fetch", NETWORK, "--no-nat-traversal"], lambda rows: True),
    ]

    def once(self):
        super().once()
        self.alices = self.stage.hosts["alice"].files()
        self.network.end_server()
        self.files = self.host.files()
        self.done = []

    def finish(self):
        """The network is served again, as the other cases want it."""
        self.host.put_back(self.files)
        self.network.start_server()

    def command(self):
        return [self.stage.server, *self.stage.server_options, "serve", NETWORK]

    def prepare(self):
        super().prepare()
        self.done = []
        self.stage.hosts["alice"].put_back(self.alices)
        guest = self.stage.hosts["guest"]
        guest.remove_link()
        guest.put_back({"/etc/hosts": (0o644, b"127.0.0.1 localhost\n")})

    def is_ready(self):
        return self.host.listens(PORT)

    def work(self, service):
        alice = self.stage.hosts["alice"]
        for arguments, shows in self.WORK:
            if not service.is_there():
                return
            if self.note(alice.run(*self.innernet(*arguments), timeout=PATIENCE)):
                self.done.append((arguments[0], shows))
        if service.is_there() and self.note(self.join()):
            self.done.append(("join", lambda rows: any(row["name"] == "q" and row["is_redeemed"] for row in rows["peers"])))

    def note(self, ended):
        """Whether it went well. What the clients say is part of what is read about a fault."""
        if ended.status != 0:
            self.heard += ended.said
        return ended.status == 0

    def play(self, *options):
        self.heard = ""
        ended, calls = super().play(*options)
        return Ended(ended.status, ended.said + self.heard), calls

    def undone(self):
        return [] if len(self.done) == len(self.WORK) + 1 else [f"only this was done: {[what for what, _ in self.done]}"]

    def join(self):
        """The guest's part."""
        guest, alice = self.stage.hosts["guest"], self.stage.hosts["alice"]
        invitation = guest.path("/run/faults/q.toml")
        if not guest.path(client_cases.CONFIG).exists():
            if not alice.path("/run/faults/q.toml").exists():
                return Ended(1, "there is no invitation")
            invitation.write_bytes(alice.path("/run/faults/q.toml").read_bytes())
            invitation.chmod(0o600)
            return guest.run(*self.innernet("install", "q.toml", "--default-name", "--no-nat-traversal"), timeout=PATIENCE)
        return guest.run(*self.innernet("up", NETWORK, "--no-nat-traversal"), timeout=PATIENCE)

    def rows(self):
        return whole.database(self.host.files(), server_cases.DATABASE)

    def state(self):
        rows = self.rows()
        return [sorted(row["name"] for row in rows["cidrs"]), sorted((row["name"], row["is_disabled"], row["is_redeemed"]) for row in rows["peers"]), len(rows["associations"])]

    def allowed(self, before, after):
        return None

    def invariants(self, files):
        rows = whole.database(files, server_cases.DATABASE)
        lost = [f"answered, and not kept: {what}" for what, shows in self.done if not shows(rows)]
        q = next((row for row in rows["peers"] if row["name"] == "q"), None)
        if q is not None:
            keys = set()
            for host in (self.stage.hosts["alice"], self.stage.hosts["guest"]):
                for path, (_, content) in host.files().items():
                    if path.endswith((".toml", ".pending", ".conf")):
                        keys |= {whole.public_key(key) for key in client_cases.PRIVATE_KEY.findall(content.decode())}
            if q["public_key"] not in keys:
                lost.append("nobody has the key of q")
        return lost

    def again(self):
        found = []

        def work(service):
            alice = self.stage.hosts["alice"]
            for arguments, shows in self.WORK:
                said = alice.run(*self.innernet(*arguments), timeout=PATIENCE)
                if said.status != 0 and arguments[0] == "add-peer" and not shows(whole.database_of_running(self.host, server_cases.DATABASE)):
                    alice.path("/run/faults/q.toml").unlink(missing_ok=True)
                    said = alice.run(*self.innernet(*arguments), timeout=PATIENCE)
                if said.status != 0 and not shows(whole.database_of_running(self.host, server_cases.DATABASE)):
                    found.append(f"{arguments[0]} again: exit {said.status}\n{said.said}")
            said = self.join()
            if said.status != 0:
                found.append(f"the guest: exit {said.status}\n{said.said}")

        self.work = work
        try:
            ended = self.serve(self.command())
        finally:
            del self.work
        return found + ([] if ended.status == 0 else self.refused(ended))


class Daemon(Running, client_cases.Client):
    """On alice, from a link that is not there to the end; meanwhile bob gets another name."""

    name = "innernet up --daemon"
    share = 24

    def once(self):
        super().once()
        self.renamed = False

    def command(self):
        return self.innernet("up", NETWORK, "--daemon", "--interval", "1", "--no-nat-traversal")

    def rename(self, to):
        if self.renamed != to:
            old, new = ("bob", "bobby") if to else ("bobby", "bob")
            self.network.change("rename-peer", NETWORK, "--name", old, "--new-name", new, "--yes")
            self.renamed = to

    def finish(self):
        self.rename(False)

    def prepare(self):
        super().prepare()
        self.host.remove_link()
        self.rename(False)

    def is_ready(self):
        said = self.host.path("/run/faults.said").read_text(errors="replace")
        return re.search("up to date|updated interface", said) is not None

    def work(self, service):
        self.rename(True)
        # Where it never comes about, for what it needs is refused from then on.
        end = time.monotonic() + 4
        while service.is_there() and "bobby" not in self.hosts() and time.monotonic() < end:
            time.sleep(0.01)

    def state(self):
        return self.hosts()

    def allowed(self, before, after):
        return None

    def again(self):
        self.rename(True)
        said = self.host.run(*self.innernet("up", NETWORK, "--no-nat-traversal"), timeout=PATIENCE)
        if said.status != 0:
            return self.refused(said)
        return [] if self.reaches_server() else ["up, but the server is not reached"]


def cases(stage):
    return [
        Start(stage, "innernet-server serve, from start to end", ["serve", NETWORK]),
        Start(stage, "innernet-server serve, after one that was killed", ["serve", NETWORK], with_log=True),
        Daemon(stage),
        Answers(stage),
    ]
