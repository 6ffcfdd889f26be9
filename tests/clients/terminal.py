"""Runs a program on a terminal of its own and talks to it.

Each line of standard input is two hexadecimal texts with a tab between: what to wait for, and what to type then
(a zero byte: the program gets SIGTERM).
Everything that the program shows goes to standard output. Ends with the program's exit code, or 99 when what was
waited for did not come within twenty seconds.
"""
import os
import pty
import select
import signal
import sys
import time

steps = [[bytes.fromhex(text) for text in line.rstrip("\n").split("\t")] for line in sys.stdin]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

seen = b""


def read(wait):
    """False when the program has closed its end."""
    global seen
    if not select.select([terminal], [], [], wait)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        return False
    seen += data
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    return len(data) > 0


for until, text in steps:
    end = time.time() + 20
    while until not in seen:
        if time.time() > end or not read(0.2):
            print("\nwaited for", until, "and saw", seen[-400:], file=sys.stderr)
            os.kill(pid, 9)
            sys.exit(99)
    seen = seen[seen.index(until) + len(until):]
    if text == b"\0":
        os.kill(pid, signal.SIGTERM)
    elif text:
        os.write(terminal, text)

while read(5):
    pass
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
