"""One run of a program, and what it used."""

import json
import os
import subprocess
import sys
from pathlib import Path

# A new process inherits the largest resident set of the one that it comes from.
# So programs are started by a Python that has loaded hardly anything, not by the
# runner; how much that leaves is measured, by a program that does nothing.
LAUNCHER = """
import os, sys, time
output, errors, *command = sys.argv[1:]
write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
         (os.POSIX_SPAWN_OPEN, 1, output, write, 0o644),
         (os.POSIX_SPAWN_OPEN, 2, errors, write, 0o644)]
began = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - began
print('{"cpu": %.6f, "wall": %.6f, "peak": %d, "code": %d}' % (
    used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024,
    os.waitstatus_to_exitcode(status)))
"""


class Failed(Exception):
    """A program that did not do what it was called for."""


def measured(command, work, output="/dev/null"):
    """CPU and wall seconds of the whole process, and its largest resident set in bytes."""
    errors = Path(work) / "errors.txt"
    started = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(output), str(errors)]
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("SENTI_")}
    done = subprocess.run([*started, *map(str, command)], cwd=work, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or "no message").splitlines()
        raise Failed(f"{command[0]}: {said[-1]}")
    used = json.loads(done.stdout)
    if used["code"]:
        said = errors.read_text(errors="replace").strip().splitlines()
        raise Failed(f"{command[0]}: exit code {used['code']}: {said[-1] if said else ''}")
    return used
