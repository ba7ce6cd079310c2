#!/usr/bin/env python3
"""The walk of tests/servers.sh, which starts it.

walk.py ROUNDS SEED COUNTS [PATTERN]     environment: STAGE_DIR, STAGE_PATH, WALK_HOSTS ("name=pid=address ..."), WALK_SERVER_OPTIONS, WALK_KEY (the servers')

COUNTS gets "PASSED FAILED". Descriptor 3: what is to be done to the database ("kill", "start"); 4: that it is done.
"""

import json
import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import checks
from at_hosts import NETWORK, PORT, Watcher, Writer
from hosts import Host

# Longer than any session lives whose other side is silent (server/model/db/postgresql/connect.cpp).
CUT = (9.0, 14.0)
PAUSE = (8.0, 20.0)
LONGEST_REST = 60.0
LONGEST_TAKE_OVER = 15.0  # what is measured is printed; machines of CI are slow
# By their weight. Each gives what is done when, in seconds from its beginning.
FAULTS = {"kill": 3, "kill, and start it at once": 1, "stop": 2, "step down": 2, "cut from the database": 2, "cut off": 2, "pause": 1, "pause, its session ended": 2,
          "pause, cut from the database": 1, "kill the database": 2}
TAKES_OVER = {"kill", "stop", "step down", "cut from the database", "cut off", "pause, its session ended", "pause, cut from the database"}

LOG = """
CREATE TABLE test_writes (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, term bigint, leader text, client text, pid int, backend_start text,
  application_name text, holds_lock boolean, revision bigint, public_key text, name text, is_disabled boolean);
CREATE FUNCTION test_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO test_writes (term, leader, client, pid, backend_start, application_name, holds_lock, revision, public_key, name, is_disabled)
    SELECT d.term, d.leader, host(a.client_addr), a.pid, a.backend_start::text, a.application_name,
      EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted), d.revision, NEW.public_key, NEW.name, NEW.is_disabled <> 0
    FROM innernet_database d, pg_stat_activity a WHERE a.pid = pg_backend_pid();
  RETURN NULL;
END $$;
CREATE TRIGGER test_note AFTER INSERT OR UPDATE OF name, is_disabled ON peers FOR EACH ROW WHEN (NEW.name LIKE 'w%') EXECUTE FUNCTION test_note();
"""
SEEN = "SELECT name, seen FROM innernet_servers WHERE name <> (SELECT leader FROM innernet_database)"
ACTIVE = """SELECT d.term, d.leader, host(a.client_addr) AS client FROM innernet_database d,
  pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted"""


def now():
    return time.monotonic()


def soon(seconds, condition):
    """Its first true value, or its last one."""
    end = now() + seconds
    while True:
        value = condition()
        if value or now() >= end:
            return value
        time.sleep(0.05)


class Walk:
    def __init__(self, seed, pattern):
        self.random = random.Random(f"{seed} walk")
        self.faults = {name: weight for name, weight in FAULTS.items() if re.search(pattern, name)}
        self.passed = self.failed = 0
        self.addresses, self.hosts = {}, {}
        for entry in os.environ["WALK_HOSTS"].split():
            name, pid, address = entry.split("=")
            self.hosts[name], self.addresses[name] = Host(name, int(pid)), address
        self.database = self.hosts["database"]
        self.asks, self.answers = os.fdopen(3, "w"), os.fdopen(4)
        self.database_runs = True
        self.services, self.outputs, self.cuts, self.paused, self.ended = {}, {}, set(), set(), set()
        self.active = "server"
        self.log, self.figures = [], {}
        self.key = os.environ["WALK_KEY"]
        self.writers = [Writer(number, seed, self.hosts[name], self.key, [self.addresses["server"], self.addresses["standby"]], patience)
                        for number, (name, patience) in enumerate((("alice", 10.0), ("bob", 2.0)))]
        self.watchers = {server: Watcher(server, self.hosts[name], self.key, [self.addresses[server]], 1.0) for server, name in (("server", "carol"), ("standby", "dave"))}

    # --- the stage ---

    def rows(self, statement):
        """None: the database does not answer."""
        done = self.database.run("env", "PGCONNECT_TIMEOUT=5", "psql", "-qAtX", "-h", "127.0.0.1", "-U", "postgres", "-d", "innernet", "-c",
                                 f"SELECT row_to_json(asked) FROM ({statement}) asked", timeout=20)
        return [json.loads(line) for line in done.said.splitlines()] if done.status == 0 else None

    def execute(self, statement, host=None):
        return (host or self.database).run("psql", "-qAtX", "-h", self.addresses["database"], "-U", "postgres", "-d", "innernet", "-v", "ON_ERROR_STOP=1", "-c", statement,
                                           timeout=20)

    def ask_stage(self, what):
        print(what, file=self.asks, flush=True)
        if self.answers.readline() != "done\n":
            raise SystemExit("the stage has ended")
        self.database_runs = what == "start"

    def is_there(self, name):
        return name in self.services and self.services[name].is_there()

    def serve(self, name):
        if self.is_there(name):
            return
        self.ended.discard(name)
        self.outputs[name] = (Path(os.environ["STAGE_DIR"]) / "log" / f"{name}-serve").open("ab")
        self.services[name] = self.hosts[name].start("innernet-server", "serve", *os.environ["WALK_SERVER_OPTIONS"].split(), NETWORK, output=self.outputs[name])

    def send(self, name, number):
        """To the program; nsenter, which waits for it, stops with it and does not go on with it."""
        if not self.is_there(name):
            return
        nsenter = self.services[name].process.pid
        for child in Path(f"/proc/{nsenter}/task/{nsenter}/children").read_text().split():
            os.kill(int(child), number)
        if number in (signal.SIGTERM, signal.SIGKILL):
            self.ended.add(name)
        if number == signal.SIGSTOP:
            self.paused.add(name)
        if number == signal.SIGCONT:
            os.kill(nsenter, signal.SIGCONT)
            self.paused.discard(name)

    def kill(self, name):
        self.send(name, signal.SIGKILL)
        self.resume(name)  # nsenter learns of its end only then

    def resume(self, name):
        if name in self.paused:
            self.send(name, signal.SIGCONT)
        self.paused.discard(name)

    def cut(self, name, what):
        """Without a word to either side."""
        here, there = {"database": (f"ip saddr {self.addresses['database']}", f"ip daddr {self.addresses['database']}"), "all": ("iifname eth0", "oifname eth0")}[what]
        self.hosts[name].run("nft", f"add table inet cut; add chain inet cut in {{ type filter hook input priority -300; }}; add rule inet cut in {here} drop; "
                             f"add chain inet cut out {{ type filter hook output priority -300; }}; add rule inet cut out {there} drop")
        self.cuts.add(name)

    def heal(self, name):
        if name in self.cuts:
            self.hosts[name].run("nft", "delete table inet cut")
        self.cuts.discard(name)

    def find_active(self):
        """Who holds the lock; as it was, if the database does not say."""
        rows = self.rows(ACTIVE) or []
        for row in rows:
            for name in self.watchers:
                if self.addresses[name] == row["client"]:
                    self.active = name
        return self.active

    @staticmethod
    def other(name):
        return "standby" if name == "server" else "server"

    def all_stand_by(self):
        """Who does not lead says now and then that it waits, but for a while after it has led it does not."""
        before = self.rows(SEEN)
        return soon(LONGEST_REST, lambda: all(row not in before for row in self.rows(SEEN) or before))

    def first_answer_of_term_after(self, term):
        found = [state for watcher in self.watchers.values() for state in list(watcher.states) if state.term > term]
        return min(found, key=lambda state: state.answered, default=None)

    # --- faults ---

    def steps(self, fault, server, other):
        """What is done when."""
        between = self.random.uniform
        cut, pause = between(*CUT), between(*PAUSE)
        return {
            "kill": [(0, lambda: self.kill(server)), (between(5, 9), lambda: self.serve(server))],
            "kill, and start it at once": [(0, lambda: self.kill(server)), (between(0, 1), lambda: self.serve(server))],
            "stop": [(0, lambda: self.send(server, signal.SIGTERM)), (between(3, 6), lambda: self.serve(server))],
            "step down": [(0, lambda: self.step_down(other))],
            "cut from the database": [(0, lambda: self.cut(server, "database")), (cut, lambda: self.heal(server))],
            "cut off": [(0, lambda: self.cut(server, "all")), (cut, lambda: self.heal(server))],
            "pause": [(0, lambda: self.send(server, signal.SIGSTOP)), (pause, lambda: self.resume(server))],
            "pause, its session ended": [(0, lambda: self.send(server, signal.SIGSTOP)), (0, lambda: self.end_sessions(server)), (pause, lambda: self.resume(server))],
            "pause, cut from the database": [(0, lambda: self.send(server, signal.SIGSTOP)), (0, lambda: self.cut(server, "database")),
                                             (cut, lambda: self.heal(server)), (cut + between(0, 3), lambda: self.resume(server))],
            "kill the database": [(0, lambda: self.ask_stage("kill")), (between(0, 5), lambda: self.ask_stage("start"))],
        }[fault]

    def step_down(self, at):
        done = self.hosts[at].run("innernet-server", "step-down", NETWORK, "--yes")
        if done.status != 0:
            print(f"          step-down: {done.said.strip()}")

    def end_sessions(self, server):
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE host(client_addr) = '{self.addresses[server]}'")

    def take(self, faults):
        """Lets them happen, the second one while the first one lasts."""
        agenda = []
        began = {}
        offset = 0.0
        for fault in faults:
            agenda.append((now() + offset, fault, None))
            offset += self.random.uniform(0.2, 4.0)
        while agenda:
            agenda.sort(key=lambda entry: entry[0])
            due, fault, step = agenda.pop(0)
            time.sleep(max(0.0, due - now()))
            if step is not None:
                step()
                continue
            if self.database_runs:
                self.find_active()
            server, other = self.active, self.other(self.active)
            steps = self.steps(fault, server, other)
            began[fault] = (now(), server, other)
            print(f"          {fault}: {server}", flush=True)
            agenda += [(began[fault][0] + after, fault, step) for after, step in steps]
        return began

    # --- rounds ---

    def begin(self):
        self.execute(LOG)
        cidr = self.rows("SELECT id FROM cidrs WHERE name = 'humans'")[0]["id"]
        self.serve("server")
        self.check("the first server serves", soon(20, lambda: self.hosts["server"].listens(PORT)), [])
        self.serve("standby")
        for watcher in self.watchers.values():
            watcher.start()
        bob = self.rows("SELECT ip FROM peers WHERE name = 'bob'")[0]["ip"]
        self.ping = self.hosts["alice"].start("ping", "-n", "-i", "0.1", "-W", "2", bob, output=(Path(os.environ["STAGE_DIR"]) / "log" / "alice-ping").open("wb"))
        for writer in self.writers:
            writer.cidr = cidr
            writer.may_write.set()
            writer.start()
        self.check("all is well before", self.comes_to_rest(), [])

    def heal_all(self):
        for name in list(self.cuts):
            self.heal(name)
        for name in list(self.paused):
            self.resume(name)
        if not self.database_runs:
            self.ask_stage("start")
        for name in self.watchers:
            self.serve(name)

    def comes_to_rest(self):
        """One leads and each writer is answered by it, since now; the other one stands by."""
        since = now()
        active = []

        def is_quiet():
            active[:] = self.rows(ACTIVE) or []
            return (len(active) == 1 and all(writer.acknowledged > since for writer in self.writers) and all(self.is_there(name) for name in self.watchers)
                    and any(state.term == active[0]["term"] for watcher in self.watchers.values() for state in watcher.states[-1:] if state.asked > since))

        if soon(LONGEST_REST, is_quiet):
            self.figures.setdefault("until all is well again after the last fault has ended", []).append(now() - since)
            return True
        print(f"          leads: {active}; there: {[name for name in self.watchers if self.is_there(name)]}; "
              f"acknowledged last: {[round(since - writer.acknowledged, 1) for writer in self.writers]} s before; "
              f"writers failed: {[writer.failure for writer in self.writers]}")
        for writer in self.writers:
            print(f"          | {writer.writes[-1]}")
        return False

    def pause_writers(self):
        for writer in self.writers:
            writer.is_idle.clear()
            writer.may_write.clear()
        self.check("writers pause", all(writer.is_idle.wait(30) for writer in self.writers), [])

    def go_on(self):
        for writer in self.writers:
            writer.may_write.set()

    def read_log(self):
        number = self.log[-1]["number"] if self.log else 0
        self.log += self.rows(f"SELECT * FROM test_writes WHERE number > {number} ORDER BY number")

    def servers(self):
        return {"server-1": self.addresses["server"], "standby": self.addresses["standby"]}

    def check(self, what, is_so, why):
        if is_so:
            self.passed += 1
            return
        self.failed += 1
        print(f"  FAILED  {what}")
        for line in why[:10]:
            print(f"          | {line}")
        sys.stdout.flush()

    def check_none(self, what, complaints):
        self.check(what, not complaints, complaints)

    def check_all(self):
        self.read_log()
        writes = [write for writer in self.writers for write in writer.writes]
        states = [state for watcher in self.watchers.values() for state in list(watcher.states)]
        peers = self.rows("SELECT name, public_key, is_disabled <> 0 AS is_disabled FROM peers WHERE name LIKE 'w%'")
        self.check_none("what was acknowledged is stored", checks.stored(writes, self.log, peers))
        self.check_none("what was refused is not", checks.refused(writes, self.log))
        self.check_none("one server writes at a time", checks.one_writer(self.log, self.servers()))
        self.check_none("and it holds the lock", checks.holds_lock(self.log))
        self.check_none("what was revoked does not come back", checks.revoked(writes, self.log, states))
        self.check_none("nobody who asks or writes has failed", [str(one.failure) for one in (*self.writers, *self.watchers.values()) if one.failure])
        standing_by = self.other(self.find_active())
        self.check("who stands by has no interface", soon(10, lambda: not self.hosts[standing_by].has_link()), [standing_by])

    def round(self, number, rounds):
        first, second = self.random.choices(list(self.faults), list(self.faults.values()), k=2)
        faults = [first, second] if first != second and self.random.random() < 0.4 else [first]
        print(f"round {number} of {rounds}: {', then '.join(faults)}", flush=True)
        is_measured = len(faults) == 1 and first in TAKES_OVER
        if is_measured:
            self.check("the other server stands by", self.all_stand_by(), [])
        since, term = now(), self.rows(ACTIVE)[0]["term"]
        began = self.take(faults)
        self.check_none("no server ends by itself", [name for name in self.watchers if name not in self.ended and not self.is_there(name)])
        self.heal_all()
        if not self.comes_to_rest():
            self.check("all comes to rest", False, [])
            return False
        self.passed += 1
        if is_measured:
            self.measure(first, term, *began[first])
        self.pause_writers()
        self.check_all()
        counts = {outcome: sum(write.began >= since and write.outcome == outcome for writer in self.writers for write in writer.writes)
                  for outcome in (checks.ACKNOWLEDGED, checks.REFUSED, checks.UNKNOWN)}
        print("          " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()), flush=True)
        self.go_on()
        return True

    def measure(self, fault, term, since, server, other):
        leads = self.rows("SELECT extract(epoch FROM led_since)::float AS since FROM innernet_database")[0]["since"] - (time.time() - now()) - since
        answer = self.first_answer_of_term_after(term)
        took = answer.answered - since if answer else float("inf")
        self.figures.setdefault(f"{fault}: until the other server answers", []).append(took)
        print(f"          {other} has the lock after {leads:.2f} s, answers after {took:.2f} s")
        self.check(f"{other} takes over from {server}", took <= LONGEST_TAKE_OVER, [f"{took:.1f} s"])

    def check_that_it_would_be_seen(self):
        """Somebody writes without the lock, as a server would that thinks it is still its turn."""
        self.go_on()
        old = self.find_active()
        term = self.rows(ACTIVE)[0]["term"]
        self.send(old, signal.SIGSTOP)
        self.end_sessions(old)

        def others_write():
            answer = self.first_answer_of_term_after(term)
            return answer and all(writer.acknowledged > answer.answered for writer in self.writers)

        taken = soon(LONGEST_REST, others_write)
        self.pause_writers()
        self.read_log()
        before = checks.one_writer(self.log, self.servers())
        wrote = self.execute("SET application_name = 'innernet-server'; UPDATE peers SET name = name || 'x' WHERE id = (SELECT max(id) FROM peers WHERE name LIKE 'w%')",
                             self.hosts[old])
        self.read_log()
        after = checks.one_writer(self.log, self.servers())
        self.check("a second writer would be noticed", taken and wrote.status == 0 and not before and after, [wrote.said, *before])
        self.resume(old)

    def end(self):
        for one in (*self.writers, *self.watchers.values()):
            one.ends.set()
        for one in (*self.writers, *self.watchers.values()):
            one.join(30)
        self.ping.end(signal.SIGINT, 10)
        text = (Path(os.environ["STAGE_DIR"]) / "log" / "alice-ping").read_text()
        answered = sorted({int(number) for number in re.findall(r"bytes from .*icmp_seq=(\d+)", text)})
        sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
        # The answer to the last one may have been on the way.
        missing = sorted(set(range(1, sent)) - set(answered))
        self.check("no packet between peers was lost", answered and not missing, [f"{len(missing)} of {sent}: {missing[:20]}"])
        for name in list(self.services):
            self.resume(name)
            self.services[name].end(signal.SIGTERM, 15)
        writes = [write for writer in self.writers for write in writer.writes]
        print(f"\n{len(writes)} writes, {sent} pings, {sum(len(watcher.states) for watcher in self.watchers.values())} states, {len({row['term'] for row in self.log})} terms")
        for what, figures in sorted(self.figures.items()):
            figures.sort()
            print(f"  {what}: {figures[len(figures) // 2]:.2f} s (of {len(figures)}: {figures[0]:.2f} to {figures[-1]:.2f})")


def main():
    rounds, seed, counts = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    print(f"seed {seed}, {rounds} rounds", flush=True)
    walk = Walk(seed, sys.argv[4] if len(sys.argv) > 4 else "")
    try:
        walk.begin()
        # Who has no leader any more has nothing to be tried on.
        if all(walk.round(number, rounds) for number in range(1, rounds + 1)):
            walk.check_that_it_would_be_seen()
        walk.end()
    except BaseException:
        walk.failed += 1
        raise
    finally:
        counts.write_text(f"{walk.passed} {walk.failed}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
