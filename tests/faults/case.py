"""One command at which every changing call is hit: what is there before, what has to be true after."""

import re
import time

import whole
from hosts import NETWORK

PATIENCE = 20  # seconds in which a command has ended, whatever befalls it


class Case:
    """What differs between commands. `self.stage` has the hosts by name, and the paths of the programs."""

    name = ""
    on = "store"
    # Where not all are tried, of its faults so many fewer are, for there are so many; more where a point takes seconds.
    share = 6

    def __init__(self, stage):
        self.stage = stage
        self.host = stage.hosts[self.on]

    def once(self):
        """Made ready a single time."""

    def finish(self):
        """Afterwards, so that the next case finds what it expects."""

    def prepare(self):
        """Puts everything back to what it was before the command."""

    def command(self):
        raise NotImplementedError

    def play(self, *options):
        """Runs the command under the tracer: (how it ended, the calls)."""
        return self.stage.traced(self, *options)

    def again(self):
        """What a user enters after the command was cut short or has failed: returns what is wrong, [] when all is well then."""
        said = self.host.run(*self.command(), timeout=PATIENCE)
        return [] if said.status == 0 else self.refused(said)

    def refused(self, said):
        return [f"the same command again: exit {said.status}\n{said.said}"]

    def state(self):
        """What the command has changed, comparable between runs."""
        raise NotImplementedError

    def files_now(self):
        """Everything that the programs keep on this host."""
        return self.host.files()

    def allowed(self, before, after):
        """The states in which a command that was cut short may leave things; None: any that is whole."""
        return [before, after]

    def invariants(self, files):
        """What has to be true at any moment, beyond that each file is whole."""
        return []

    def undone(self):
        """Of an undisturbed run: what it should have done and has not, beyond its exit status."""
        return []

    def names(self):
        """What an error may name, instead of the file of the call."""
        return [NETWORK]


class Reference:
    """The command without any harm: its calls, the state before and after."""

    def __init__(self, case, wide=False):
        case.prepare()
        self.before = case.state()
        began = time.monotonic()
        ended, self.calls = case.play(*(["--wide"] if wide else []))
        self.seconds = time.monotonic() - began
        if ended.status != 0:
            raise RuntimeError(f"{case.name}: exit {ended.status} without any harm\n{ended.said}")
        self.after = case.state()
        self.files = case.files_now()
        found = whole.complaints(self.files) + whole.left_over(self.files) + case.invariants(self.files) + case.undone()
        if found:
            raise RuntimeError(f"{case.name}: without any harm: {found}")


def at_rest(case, reference, may_stay=()):
    """After the last command: as if nothing had happened."""
    files = case.files_now()
    found = whole.complaints(files) + whole.left_over({path: None for path in files if path not in may_stay}) + case.invariants(files)
    if case.state() != reference.after:
        found.append(f"the end is not that of an undisturbed run:\n    {case.state()}\n    {reference.after}")
    # A log that could not be put away is part of its database, and the next to open that puts it away.
    more, less = set(files) - set(reference.files), set(reference.files) - set(files)
    more -= {path for path in more if re.search(r"\.db-(wal|shm)$", path) and path[:-4] in files}
    more -= set(may_stay)
    # An ETag spares the next question, the daemon's mark only says that there is one, which pairs had a session is told to people, and
    # without the relays no ETag counts, so that they come with the next answer: nothing else depends on them.
    more, less = ({path for path in paths if not path.endswith((".etag", ".daemon", ".pairs", ".relays"))} for paths in (more, less))
    if more or less:
        found.append(f"other files than after an undisturbed run: {sorted(more)} more, {sorted(less)} less")
    return found


def cut_short(case, reference):
    """After a command that did not end well: old or new, and whole."""
    files = case.files_now()
    found = whole.complaints(files) + case.invariants(files)
    allowed = case.allowed(reference.before, reference.after)
    try:
        state = case.state()
        if allowed is not None and state not in allowed:
            found.append(f"neither as before nor as after:\n    {state}")
    except ValueError as error:
        found.append(f"no state: {error}")
    return found


def kill_at(case, reference, index, how):
    """Returns (whether it was hit, the call, what is wrong)."""
    case.prepare()
    ended, calls = case.play("--at", str(index), how)
    call = next((call for call in calls if call.hit), None)
    if call is None:
        return None, []
    found = [] if ended.status == 137 else [f"exit {ended.status}, not killed\n{ended.said}"]
    found += [f"after the kill: {what}" for what in cut_short(case, reference)]
    found += case.again()
    found += [f"in the end: {what}" for what in at_rest(case, reference)]
    return call, found


TEMPORARY = re.compile(r"/\.([^/]+)\.[0-9a-f]{16}\.new$")


def says_what(calls, said, case, begin=""):
    """An error names the file of a call that has failed, its folder, or the interface; and says something of it."""
    names = case.names() + [name for call in calls if call.hit for name in names_of(call)]
    lines = [line for line in said.splitlines() if line.startswith(begin) and any(name in line for name in names)]
    return any(len(line.split()) >= 4 for line in lines)


def names_of(call):
    path = TEMPORARY.sub(r"/\1", call.about)
    path = re.sub(r"\.db-(wal|shm|journal)$", ".db", path)
    if not path.startswith("/"):
        # A descriptor that can't be had: of what is said by what is being made.
        return ["netlink"] if path.startswith("netlink") else [] if path in ("unix", "inet", "accepted") else ["making"]
    # Where it is run, a file is named as the user named it.
    return [path, path.rsplit("/", 1)[0], path.removeprefix("/run/faults/").removesuffix(".") or "."]


def fault_at(case, reference, index, name, error, also):
    case.prepare()
    ended, calls = case.play("--wide", "--at", str(index), "--call", name, "--errno", error, *(["--also", also] if also else []))
    call = next((call for call in calls if call.hit), None)
    if call is None:
        return None, []
    found = [f"after the fault: {what}" for what in cut_short(case, reference)]
    if ended.status in (-1, 125) or ended.status >= 128:
        found.append(f"it ended with {ended.status}\n{ended.said}")
    elif ended.status == 0:
        # What is not the heart of it (names, what is remembered) may be missing, if that is said.
        if case.state() != reference.after and not says_what(calls, ended.said, case, ("[!]", "[E]")):
            found.append(f"exit 0, but not done\n{ended.said}")
    elif not says_what(calls, ended.said, case):
        found.append(f"exit {ended.status}, and what it says does not name the thing:\n{ended.said}")
    # Who has done his work can't do more about a lock or a temporary file that can't be removed; the next one does.
    may_stay = [hit.about for hit in calls if hit.hit and hit.name in ("unlink", "flock") and (ended.status == 0 or hit.about.endswith(".lock"))]
    if not also and call.name not in ("unlink", "flock", "fsync", "fdatasync"):
        found += [f"after the fault: {what}" for what in whole.left_over(case.files_now())]
    if ended.status != 0 or case.state() != reference.after:
        found += case.again()
    found += [f"in the end: {what}" for what in at_rest(case, reference, may_stay)]
    return call, found
