"""What has to be true of a walk, given what writers and watchers noted and what the database has logged. No input or output here.

The log has a row for each peer that was written, made by a trigger within the same transaction: transactions that write come one after the other, so the
order of the rows is that of the commits. Each write has a name of its own by which it is found in it.
"""

from dataclasses import dataclass, field

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


@dataclass
class Write:
    name: str
    peer: str  # its key
    disabled: bool
    began: float
    ended: float = 0.0
    outcome: str = UNKNOWN
    said: str = ""

    def __str__(self):
        return f"{self.name} ({self.outcome}: {self.said}; from {self.began:.3f} to {self.ended:.3f})"


@dataclass
class Seen:
    """A state that a server has answered with: this one, or another one to which WireGuard has moved."""

    server: str
    asked: float
    answered: float
    term: int
    keys: set = field(default_factory=set)


def stored(writes, log, peers):
    """What was acknowledged is there, once, in the order in which its writer knows it."""
    found = []
    places = {}
    for place, row in enumerate(log):
        places.setdefault(row["name"], []).append(place)
    for write in writes:
        at = places.get(write.name, [])
        if write.outcome == ACKNOWLEDGED and not at:
            found.append(f"is not stored: {write}")
        if len(at) > 1:
            found.append(f"is stored {len(at)} times: {write}")
    by_peer = {}
    for write in writes:
        if write.name in places:
            by_peer.setdefault(write.peer, []).append((places[write.name][-1], write))
    for of_peer in by_peer.values():
        of_peer.sort(key=lambda one: one[0])
        for (_, before), (_, after) in zip(of_peer, of_peer[1:]):
            # Nobody knows when one whose answer did not come was carried out.
            if after.outcome != UNKNOWN and after.ended < before.began:
                found.append(f"was stored after a later one: {after}, after {before}")
    last = {row["public_key"]: (row["name"], row["is_disabled"]) for row in log}
    for row in peers:
        if row["public_key"] in last and last[row["public_key"]] != (row["name"], row["is_disabled"]):
            found.append(f"the database has {row['name']} (disabled: {row['is_disabled']}), and what was written last is {last[row['public_key']]}")
    there = {row["public_key"] for row in peers}
    found += [f"a peer was lost: {name}" for key, (name, _) in last.items() if key not in there]
    return found


def refused(writes, log):
    """Who was told that nothing is changed was told the truth."""
    logged = {row["name"] for row in log}
    return [f"was refused and is stored: {write}" for write in writes if write.outcome == REFUSED and write.name in logged]


def one_writer(log, servers):
    """One server writes in each term, its leader; terms never go back; and whoever wrote does not write again after another one has, in the same session
    or under the same term. `servers`: outside address of each by its name in the database."""
    found = []
    writer_of_term, sessions, last = {}, set(), None
    for row in log:
        session = (row["client"], row["pid"], row["backend_start"])
        where = f"{row['name']} in term {row['term']} by {row['client']} (process {row['pid']}, {row['application_name']})"
        if last is not None and row["term"] < last["term"]:
            found.append(f"the term went back from {last['term']}: {where}")
        if servers.get(row["leader"]) != row["client"]:
            found.append(f"it was not the leader, {row['leader']}, who wrote {where}")
        if writer_of_term.setdefault(row["term"], row["client"]) != row["client"]:
            found.append(f"a second server wrote {where}, after {writer_of_term[row['term']]}")
        if last is not None and session != (last["client"], last["pid"], last["backend_start"]) and session in sessions:
            found.append(f"an earlier session wrote again: {where}")
        sessions.add(session)
        last = row
    return found


def holds_lock(log):
    return [f"{row['name']} in term {row['term']} was written without the lock by {row['client']}" for row in log if not row["holds_lock"]]


def revoked(writes, log, states):
    """A key that was revoked by an acknowledged write is in no state that was asked for afterwards, of the term of that write or a newer one."""
    found = []
    rows = {}
    for place, row in enumerate(log):
        rows[row["name"]] = (place, row)
    by_peer = {}
    for write in writes:
        if write.name in rows:
            by_peer.setdefault(write.peer, []).append((rows[write.name][0], write))
    for of_peer in by_peer.values():
        of_peer.sort(key=lambda one: one[0])
        for number, (_, write) in enumerate(of_peer):
            if not write.disabled or write.outcome != ACKNOWLEDGED:
                continue
            # Until somebody begins to enable it; who began before and was carried out later tells us nothing.
            enabling = [after.began for _, after in of_peer[number + 1 :] if not after.disabled]
            until = min(enabling, default=float("inf"))
            term = rows[write.name][1]["term"]
            found += [
                f"the state of term {state.term} (from {state.server}, or from where WireGuard was) showed, asked at {state.asked:.3f}, the key that was revoked in term {term}: {write}"
                for state in states
                if write.ended <= state.asked and state.answered <= until and state.term >= term and write.peer in state.keys
            ]
    return found
