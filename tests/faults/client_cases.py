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
PRIVATE_KEY = re.compile(r'^private-key = "([^"]+)"', re.MULTILINE)


class Network:
    """What is done to the network behind the back of a command, by the server's own commands, and what its database says."""

    def __init__(self, stage):
        self.stage = stage
        self.host = stage.hosts["server"]
        self.number = 0

    def change(self, *arguments):
        ended = self.host.run(self.stage.server, *self.stage.server_options, *arguments)
        if ended.status != 0:
            raise RuntimeError(f"innernet-server {arguments}: exit {ended.status}\n{ended.said}")

    def rows(self, table):
        return whole.database_of_running(self.host, f"/var/lib/innernet-server/{NETWORK}.db")[table]

    def peer(self, name):
        return next((row for row in self.rows("peers") if row["name"] == name), None)

    def new_name(self):
        self.number += 1
        return f"n{self.stage.worker}-{self.number}"

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
        self.host.put_back(self.stage.installed)
        self.succeed("up", NETWORK, "--no-nat-traversal")
        self.files = self.host.files()

    def prepare(self):
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
    """What a config and the device have; the server is not asked."""

    def prepare(self):
        super().prepare()
        self.host.run("wg", "set", NETWORK, "listen-port", "0")

    def state(self):
        port = self.host.run("wg", "show", NETWORK, "listen-port").said.strip()
        config = tomllib.loads(self.host.path(CONFIG).read_text())
        config["interface"].pop("private-key")
        return [config, port == "51777"]

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
    """An admin's, kept by the server alone. What it makes is taken back before each point."""

    def __init__(self, stage, name, arguments, undo, refusal):
        super().__init__(stage, name, arguments, refusal)
        self.undo = undo

    def prepare(self):
        super().prepare()
        if self.state() != self.initial:
            self.network.change(*self.undo)

    def once(self):
        super().once()
        self.initial = self.state()

    def finish(self):
        self.prepare()

    def state(self):
        names = {row["id"]: row["name"] for row in self.network.rows("cidrs")}
        return [sorted(names.values()), [(row["name"], row["is_disabled"]) for row in self.network.rows("peers") if not re.match(r"n\d", row["name"])],
                sorted((names[row["cidr_id_1"]], names[row["cidr_id_2"]]) for row in self.network.rows("associations"))]


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
        if self.cut is None:
            _, calls = self.play()
            self.cut = next(call.index for call in calls if call.name == "rename" and call.about.endswith(".pending"))
            super().prepare()
        for _ in range(3):
            # The next to be renamed is the config: the server has redeemed the invitation.
            ended, calls = self.play("--at", str(self.cut + 1), "--call", "rename", "--kill")
            if any(call.hit and call.about == CONFIG for call in calls):
                return
            super().prepare()
        raise RuntimeError(f"the install could not be cut short where it should be: {ended.said}")


def cases(stage):
    network = NETWORK
    return [
        Install(stage),
        Resumed(stage),
        Up(stage, "innernet up", ["up", network, "--no-nat-traversal"]),
        Down(stage, "innernet down", ["down", network], "not up|is down"),
        Fetch(stage, "innernet fetch", ["fetch", network, "--no-nat-traversal"]),
        Setting(stage, "innernet set-listen-port", ["set-listen-port", network, "--listen-port", "51777", "--yes"]),
        Setting(stage, "innernet override-peer-endpoint", ["override-peer-endpoint", network, "--name", "bob", "--endpoint", "198.51.100.3:7777", "--yes"]),
        Leave(stage, "innernet uninstall", ["uninstall", network, "--yes"], "no network .* is installed"),
        Invite(stage, "innernet add-peer"),
        Change(stage, "innernet rename-peer", ["rename-peer", network, "--name", "bob", "--new-name", "bill", "--yes"],
               ["rename-peer", network, "--name", "bill", "--new-name", "bob", "--yes"], "no peer"),
        Change(stage, "innernet disable-peer", ["disable-peer", network, "--name", "bob", "--yes"], ["enable-peer", network, "--name", "bob", "--yes"], "disabled"),
        Change(stage, "innernet add-cidr", ["add-cidr", network, "--name", "extra", "--cidr", "10.66.9.0/24", "--parent", network, "--yes"],
               ["delete-cidr", network, "--name", "extra", "--yes"], "already|exists|overlap"),
        Change(stage, "innernet add-association", ["add-association", network, "humans", "guests", "--yes"],
               ["delete-association", network, "humans", "guests", "--yes"], "already"),
    ]
