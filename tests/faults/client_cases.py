"""The client's commands, in a network whose server runs: alice is an admin of it, bob a peer, guest is yet to join."""

import json
import re
import time
import tomllib

import whole
from case import PATIENCE, Case
from hosts import NETWORK

CONFIG = f"/etc/innernet/{NETWORK}.conf"
STORE = f"/var/lib/innernet/{NETWORK}.json"
INVITATION = "/run/faults/guest.toml"
SERVER = "10.66.0.1"
PORT = "51777"  # that alice is told to listen on
API_PORT = 51820
PRIVATE_KEY = re.compile(r'^private-key = "([^"]+)"', re.MULTILINE)


class Network:
    """What is done to the network behind the back of a command, by the server's own commands, and what its database says."""

    names = 0

    def __init__(self, stage):
        self.stage = stage
        self.host = stage.hosts["server"]

    def change(self, *arguments):
        ended = self.host.run(self.stage.server, *self.stage.server_options, *arguments)
        if ended.status != 0:
            raise RuntimeError(f"innernet-server {arguments}: exit {ended.status}\n{ended.said}")

    def end_server(self):
        ended = self.host.run("sh", "-c", "pid=$(cat /run/stage-serve.pid); kill $pid; while kill -0 $pid 2>/dev/null; do sleep 0.01; done")
        if ended.status != 0:
            raise RuntimeError(f"the server could not be ended: {ended.said}")

    def start_server(self):
        command = [self.stage.server, *self.stage.server_options, "serve", NETWORK]
        # pylint: disable=consider-using-with
        self.stage.serving = self.host.start("sh", "-c", "echo $$ >/run/stage-serve.pid; exec \"$@\"", "serve", *command, output=open("/dev/null", "wb"))
        while not self.host.listens(API_PORT):
            time.sleep(0.01)

    def tables(self):
        return whole.database_of_running(self.host, f"/var/lib/innernet-server/{NETWORK}.db")

    def peer(self, name):
        return next((row for row in self.tables()["peers"] if row["name"] == name), None)

    def new_name(self):
        Network.names += 1
        return f"n{self.stage.worker}-{Network.names}"

    def invite(self, name):
        """Returns the invitation's text."""
        path = f"/run/faults/{name}.toml"
        self.change("add-peer", NETWORK, "--name", name, "--cidr", "guests", "--auto-ip", "--admin", "false", "--invite-expires", "14d", "--yes", "--save-config", path)
        text = self.host.path(path).read_text()
        self.host.path(path).unlink()
        return text


class Client(Case):
    on = "alice"

    def __init__(self, stage, name="", arguments=(), refusal=None):
        super().__init__(stage)
        self.network = stage.network
        self.name, self.arguments, self.refusal = name or self.name, list(arguments), refusal

    def innernet(self, *arguments):
        return [self.stage.client, *self.stage.client_options, *arguments]

    def succeed(self, *arguments):
        ended = self.host.run(*self.innernet(*arguments), timeout=PATIENCE)
        if ended.status != 0:
            raise RuntimeError(f"innernet {arguments}: exit {ended.status}\n{ended.said}")

    def command(self):
        return self.innernet(*self.arguments)

    def play(self, *options):
        played = super().play(*options)
        # wireguard-go that was told to end, for the command has failed, has its link a moment longer; nobody is as fast as we.
        end = time.monotonic() + 3
        while time.monotonic() < end and self.host.has_link() and not self.host.path(f"/run/wireguard/{NETWORK}.sock").exists():
            time.sleep(0.02)
        return played

    def once(self):
        # As the last case has left it, alice is brought up with the files of her installation.
        alice = self.stage.hosts["alice"]
        alice.put_back(self.stage.installed)
        ended = alice.run(self.stage.client, *self.stage.client_options, "up", NETWORK, "--no-nat-traversal")
        if ended.status != 0:
            raise RuntimeError(f"alice's innernet up: exit {ended.status}\n{ended.said}")
        self.files = self.host.files()

    def prepare(self):
        self.put_back()

    def put_back(self):
        self.host.put_back(self.files)

    def names_of_invitation(self):
        return [INVITATION, INVITATION.rsplit("/", 1)[1]]

    def refused(self, said):
        return [] if self.refusal and re.search(self.refusal, said.said) else super().refused(said)

    def names(self):
        # A request is named by its path.
        return [NETWORK, SERVER, "the server", "/v1/"]

    def hosts(self):
        """The names in the section, without those that other cases have left."""
        return sorted(set(re.findall(r"\s([a-z0-9-]+)\.%s\.wg" % NETWORK, self.host.path("/etc/hosts").read_text())) - {self.guest()})

    def guest(self):
        return None

    def reaches_server(self):
        return self.host.run("ping", "-q", "-n", "-c", "1", "-W", "3", SERVER).status == 0


class Up(Client):
    def prepare(self):
        super().prepare()
        self.host.remove_link()

    def state(self):
        # Bringing up is believed only when it is whole.
        return [self.host.has_link(), self.hosts()]

    def allowed(self, before, after):
        return None

    def again(self):
        found = super().again()
        return found if found or self.reaches_server() else ["up, but the server is not reached"]


class Down(Client):
    def prepare(self):
        super().prepare()
        if not self.host.has_link():
            self.succeed("up", NETWORK, "--no-nat-traversal")

    def state(self):
        return self.host.has_link()


class Fetch(Client):
    """What is new: bob has another name than the files say, and he is not on the device."""

    def once(self):
        super().once()
        self.bob = self.network.peer("bob")["public_key"]
        self.network.change("rename-peer", NETWORK, "--name", "bob", "--new-name", "bobby", "--yes")

    def finish(self):
        self.network.change("rename-peer", NETWORK, "--name", "bobby", "--new-name", "bob", "--yes")

    def prepare(self):
        super().prepare()
        self.host.run("wg", "set", NETWORK, "peer", self.bob, "remove")

    def state(self):
        store = json.loads(self.host.path(STORE).read_text())
        return [sorted(peer["name"] for peer in store["peers"]), self.hosts(), self.bob in self.host.run("wg", "show", NETWORK, "peers").said]

    def allowed(self, before, after):
        return None


class Setting(Client):
    """What a config and the device have; the server is not asked. `first` is what was set before, if it is to be unset."""

    def __init__(self, stage, name, arguments, first=()):
        super().__init__(stage, name, arguments)
        self.first = first

    def once(self):
        super().once()
        if self.first:
            self.succeed(*self.first)
            self.files = self.host.files()
        self.port = str(self.config()["interface"].get("listen-port", 0))

    def prepare(self):
        super().prepare()
        self.host.run("wg", "set", NETWORK, "listen-port", self.port)

    def config(self):
        return tomllib.loads(self.host.path(CONFIG).read_text())

    def state(self):
        port = self.host.run("wg", "show", NETWORK, "listen-port").said.strip()
        config = self.config()
        config["interface"].pop("private-key")
        return [config, port == PORT]

    def allowed(self, before, after):
        return [before, after, [before[0], after[1]], [after[0], before[1]]]


class Leave(Client):
    def prepare(self):
        super().prepare()
        if not self.host.has_link():
            self.succeed("up", NETWORK, "--no-nat-traversal")
            self.host.put_back(self.files)

    def state(self):
        return [self.host.has_link(), [path for path in self.host.files() if NETWORK in path and not path.endswith(".lock")], self.hosts()]

    def allowed(self, before, after):
        return None


class Change(Client):
    """An admin's, kept by the server alone. What it makes is taken back before each point. One that is `reverse` takes back itself what
    is made before."""

    def __init__(self, stage, name, arguments, undo, refusal, reverse=False):
        super().__init__(stage, name, arguments, refusal)
        self.undo, self.reverse = undo, reverse

    def prepare(self):
        super().prepare()
        if self.state() != self.initial:
            self.take_back()

    def take_back(self):
        self.network.change(*self.undo)

    def once(self):
        super().once()
        if self.reverse:
            self.network.change(*self.undo)
        self.initial = self.state()

    def finish(self):
        self.prepare()
        if self.reverse:
            self.network.change(*self.arguments)

    def state(self):
        rows = self.network.tables()
        names = {row["id"]: row["name"] for row in rows["cidrs"]}
        return [sorted(names.values()), [(row["name"], row["is_disabled"], row["is_relay"]) for row in rows["peers"] if not re.match(r"n\d", row["name"])],
                sorted((names[row["cidr_id_1"]], names[row["cidr_id_2"]]) for row in rows["associations"])]


class Endpoint(Change):
    """Where alice is reached: the one thing that the server keeps and that is hers to change. How often she may is counted by a server
    while it runs."""

    SET = ["override-endpoint", NETWORK, "--endpoint", "198.51.100.3:7777", "--yes"]
    UNSET = ["override-endpoint", NETWORK, "--unset", "--yes"]

    def __init__(self, stage, unset=False):
        arguments, undo = (self.UNSET, self.SET) if unset else (self.SET, self.UNSET)
        super().__init__(stage, f"innernet override-endpoint{' --unset' if unset else ''}", arguments, undo, None)

    def once(self):
        Client.once(self)
        self.succeed("set-listen-port", NETWORK, "--listen-port", PORT, "--yes")
        self.files = self.host.files()
        self.take_back()
        self.initial = self.state()

    def prepare(self):
        self.network.end_server()
        self.network.start_server()
        super().prepare()

    def take_back(self):
        self.succeed(*self.undo)

    def finish(self):
        self.succeed(*self.UNSET)

    def state(self):
        return self.network.peer("alice")["endpoint"]


class Invite(Client):
    peer = None

    def names(self):
        return super().names() + self.names_of_invitation()

    def prepare(self):
        super().prepare()
        if self.peer and self.network.peer(self.peer):
            self.network.change("disable-peer", NETWORK, "--name", self.peer, "--yes")
        self.peer = self.network.new_name()

    def command(self):
        return self.innernet("add-peer", NETWORK, "--name", self.peer, "--cidr", "guests", "--auto-ip", "--admin", "false", "--invite-expires", "14d", "--yes",
                             "--save-config", "guest.toml")

    def state(self):
        return self.network.peer(self.peer) is not None

    def invariants(self, files):
        peer = self.network.peer(self.peer)
        if peer is None:
            return []
        if INVITATION not in files:
            return ["there is a peer, and nobody has its key"]
        key = PRIVATE_KEY.search(files[INVITATION][1].decode()).group(1)
        return [] if whole.public_key(key) == peer["public_key"] else ["the invitation has another key than the peer"]

    def again(self):
        said = self.host.run(*self.command(), timeout=PATIENCE)
        if said.status == 0:
            return []
        there = self.host.path(INVITATION).exists()
        if self.state() and there:
            return []
        if there and re.search("exists already", said.said):
            self.host.path(INVITATION).unlink()
            return super().again()
        return self.refused(said)


class Install(Client):
    """The guest's."""

    name = "innernet install"
    on = "guest"
    share = 12
    peer = None

    def once(self):
        pass

    def guest(self):
        return self.peer

    def prepare(self):
        self.host.remove_link()
        if self.peer:
            self.network.change("disable-peer", NETWORK, "--name", self.peer, "--yes")
        self.peer = self.network.new_name()
        mode, content = 0o600, self.network.invite(self.peer).encode()
        self.host.put_back({"/etc/hosts": (0o644, b"127.0.0.1 localhost\n::1 localhost\n"), INVITATION: (mode, content)})

    def command(self):
        return self.innernet("install", "guest.toml", "--default-name", "--delete-invite", "--no-nat-traversal")

    def names(self):
        return super().names() + self.names_of_invitation()

    def keys(self, files):
        """The public keys of all private ones that this machine has."""
        texts = [content.decode() for path, (_, content) in files.items() if path.endswith((".toml", ".pending", ".conf")) and content]
        return {whole.public_key(key) for text in texts for key in PRIVATE_KEY.findall(text)}

    def invariants(self, files):
        peer = self.network.peer(self.peer)
        return [] if peer["public_key"] in self.keys(files) else ["the server knows a key that this machine does not have"]

    def state(self):
        files = self.host.files()
        return [CONFIG in files, STORE in files, self.hosts(), bool(self.network.peer(self.peer)["is_redeemed"]), self.host.has_link()]

    def allowed(self, before, after):
        return None

    def again(self):
        if self.host.path(INVITATION).exists():
            said = self.host.run(*self.command(), timeout=PATIENCE)
            if said.status != 0 and not re.search("is installed already", said.said):
                return self.refused(said)
            if said.status != 0:
                self.host.path(INVITATION).unlink()
        if not self.host.path(CONFIG).exists():
            return ["neither an invitation nor a config is there"]
        said = self.host.run(*self.innernet("up", NETWORK, "--no-nat-traversal"), timeout=PATIENCE)
        if said.status != 0:
            return self.refused(said)
        return [] if self.reaches_server() else ["installed, but the server is not reached"]


class Resumed(Install):
    """Of an install that was killed when the server had redeemed the invitation."""

    name = "innernet install, when one was killed before"
    cut = None

    def prepare(self):
        super().prepare()
        # On a busy machine one may get no answer before it has come so far.
        for _ in range(3):
            if self.cut is not None:
                break
            _, calls = self.play()
            self.cut = next((call.index for call in calls if call.name == "rename" and call.about.endswith(".pending")), None)
            super().prepare()
        if self.cut is None:
            raise RuntimeError("no install came as far as its pending file")
        for _ in range(3):
            # The next to be renamed is the config: the server has redeemed the invitation.
            ended, calls = self.play("--at", str(self.cut + 1), "--call", "rename", "--kill")
            if any(call.hit and call.about == CONFIG for call in calls):
                return
            super().prepare()
        raise RuntimeError(f"the install could not be cut short where it should be: {ended.said}")


# What both programs change by the same words: the command, what takes it back, what it says, rightly, when it has been done already.
CHANGES = [
    (["rename-peer", NETWORK, "--name", "bob", "--new-name", "bill", "--yes"], ["rename-peer", NETWORK, "--name", "bill", "--new-name", "bob", "--yes"], "no peer"),
    (["rename-cidr", NETWORK, "--name", "guests", "--new-name", "visitors", "--yes"],
     ["rename-cidr", NETWORK, "--name", "visitors", "--new-name", "guests", "--yes"], "no CIDR"),
    (["disable-peer", NETWORK, "--name", "bob", "--yes"], ["enable-peer", NETWORK, "--name", "bob", "--yes"], "disabled"),
    (["set-relay", NETWORK, "--name", "bob", "--yes"], ["set-relay", NETWORK, "--name", "bob", "--off", "--yes"], "already"),
    (["add-cidr", NETWORK, "--name", "extra", "--cidr", "10.66.9.0/24", "--parent", NETWORK, "--yes"],
     ["delete-cidr", NETWORK, "--name", "extra", "--yes"], "already|exists|overlap"),
    (["add-association", NETWORK, "humans", "guests", "--yes"], ["delete-association", NETWORK, "humans", "guests", "--yes"], "already"),
]


def changes(stage, program, suffix="", kind=Change):
    """A case of each, and of what takes it back where that is another command."""
    found = []
    for arguments, undo, refusal in CHANGES:
        found.append(kind(stage, f"{program} {arguments[0]}{suffix}", arguments, undo, refusal))
        if undo[0] != arguments[0]:
            found.append(kind(stage, f"{program} {undo[0]}{suffix}", undo, arguments, "no CIDR|no association|enabled", reverse=True))
    return found


def cases(stage):
    network = NETWORK
    listen = ["set-listen-port", network, "--listen-port", PORT, "--yes"]
    override = ["override-peer-endpoint", network, "--name", "bob", "--endpoint", "198.51.100.3:7777", "--yes"]
    return [
        Install(stage),
        Resumed(stage),
        Up(stage, "innernet up", ["up", network, "--no-nat-traversal"]),
        Down(stage, "innernet down", ["down", network], "not up|is down"),
        Fetch(stage, "innernet fetch", ["fetch", network, "--no-nat-traversal"]),
        Setting(stage, "innernet set-listen-port", listen),
        Setting(stage, "innernet set-listen-port --unset", ["set-listen-port", network, "--unset", "--yes"], listen),
        Setting(stage, "innernet override-peer-endpoint", override),
        Setting(stage, "innernet override-peer-endpoint --unset", ["override-peer-endpoint", network, "--name", "bob", "--unset", "--yes"], override),
        Leave(stage, "innernet uninstall", ["uninstall", network, "--yes"], "no network .* is installed"),
        Invite(stage, "innernet add-peer"),
        Endpoint(stage),
        Endpoint(stage, unset=True),
        *changes(stage, "innernet"),
    ]
