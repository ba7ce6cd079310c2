#!/usr/bin/env python3
"""Runs a command at a terminal of its own and answers with Enter what it asks, each question when it is there.

    at_terminal.py QUESTION... -- COMMAND [ARGUMENT...]       exits as the command does, or with 1 when a question does not come within 60 s
"""
import os
import pty
import select
import sys

questions = sys.argv[1 : sys.argv.index("--")]
command = sys.argv[sys.argv.index("--") + 1 :]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
unread = b""
while True:
    if not select.select([terminal], [], [], 60)[0]:
        sys.exit(f"the terminal is silent, still expected: {questions}")
    try:
        said = os.read(terminal, 4096)
    except OSError:  # EIO: the command has ended
        break
    if not said:
        break
    sys.stdout.buffer.write(said)
    sys.stdout.flush()
    unread += said
    if questions and questions[0].encode() in unread:
        unread = unread.split(questions.pop(0).encode(), 1)[1]
        os.write(terminal, b"\r")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(f"never asked: {questions}" if questions else status)
