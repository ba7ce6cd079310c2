"""Whether files are whole, and what is in them."""

import json
import re
import sqlite3
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

LEFT_OVER = re.compile(r"(/\.[^/]+\.[0-9a-f]{16}\.new|-journal|/etc/\.hosts[^/]*)$")
COMPANIONS = ("-wal", "-journal")
# What differs from run to run.
VARIABLE = {"public_key", "invite_expires"}


def database(files, path):
    """The rows of a database, its log counted in, by table. Raises ValueError when it is none. Works on a copy."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="innernet-faults.") as folder:
        copy = Path(folder) / "copy.db"
        copy.write_bytes(files[path][1])
        for suffix in COMPANIONS:
            if path + suffix in files:
                (Path(folder) / f"copy.db{suffix}").write_bytes(files[path + suffix][1])
        connection = sqlite3.connect(copy)
        connection.row_factory = sqlite3.Row
        try:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                raise ValueError(f"integrity_check: {verdict}")
            if connection.execute("PRAGMA foreign_key_check").fetchall():
                raise ValueError("foreign keys point nowhere")
            rows = {"version": connection.execute("PRAGMA user_version").fetchone()[0]}
            for table in ("cidrs", "peers", "associations"):
                rows[table] = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]
            return rows
        except sqlite3.Error as error:
            raise ValueError(str(error)) from error
        finally:
            connection.close()


def database_of_running(host, path):
    """The same while a server writes to it. SQLite itself can't open it: it resolves /proc/PID/root to ours."""
    for attempts_left in reversed(range(20)):
        try:
            # The log last: what is moved from it meanwhile is still there.
            files = {path + suffix: (0, host.path(path + suffix).read_bytes()) for suffix in ("", "-wal") if host.path(path + suffix).exists()}
            return database(files, path)
        except (ValueError, OSError):
            if not attempts_left:
                raise
            time.sleep(0.02)


def comparable(rows):
    return {table: [{column: value for column, value in row.items() if column not in VARIABLE} for row in content] if isinstance(content, list) else content
            for table, content in rows.items()}


def public_key(private):
    return subprocess.run(["wg", "pubkey"], input=private + "\n", capture_output=True, text=True, check=True).stdout.strip()


def complaints(files):
    """What is not whole: every file is the old one or the new one, so that each can be read."""
    found = []
    for path, (mode, content) in files.items():
        if content is None or LEFT_OVER.search(path):
            continue
        try:
            if path.endswith((".conf", ".pending", ".toml")):
                config = tomllib.loads(content.decode())
                if "private-key" not in config.get("interface", config):
                    raise ValueError("no private key")
            elif path.endswith(".json"):
                json.loads(content)
            elif path.endswith(".db"):
                database(files, path)
            elif path == "/etc/hosts":
                text = content.decode()
                marks = re.findall(r"BEGIN|END", text)
                if "127.0.0.1 localhost" not in text or marks != ["BEGIN", "END"] * (len(marks) // 2):
                    raise ValueError("a section without its end, or without what else there was")
            if path.endswith((".conf", ".pending", ".toml")) and mode & 0o077:
                raise ValueError(f"its mode is {mode & 0o7777:o}")
        except (ValueError, UnicodeDecodeError) as error:
            found.append(f"{path} is not whole: {error}")
    return found


def left_over(files):
    return [f"{path} is left over" for path in files if LEFT_OVER.search(path)]
