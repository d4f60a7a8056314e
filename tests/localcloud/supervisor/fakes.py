"""Small services for the supervisor to run: Python scripts that leave files behind as signs."""

import sys
from pathlib import Path

from localcloud.supervisor.service import Service

# Signs its process id, then waits for SIGTERM, upon which it signs its end.
OBEDIENT = """
import os, pathlib, signal, sys, threading
name, signs = sys.argv[1], pathlib.Path(sys.argv[2])
over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())
with (signs / "order").open("a") as order:
    order.write(f"+{name}\\n")
(signs / f"{name}.tmp").write_text(str(os.getpid()))
os.replace(signs / f"{name}.tmp", signs / f"{name}.pid")
over.wait()
with (signs / "order").open("a") as order:
    order.write(f"-{name}\\n")
"""
# Ignores SIGTERM, and has a child that does so too.
STUBBORN = """
import os, pathlib, signal, subprocess, sys
name, signs = sys.argv[1], pathlib.Path(sys.argv[2])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
(signs / f"{name}-child.pid").write_text(str(child.pid))
(signs / f"{name}.tmp").write_text(str(os.getpid()))
os.replace(signs / f"{name}.tmp", signs / f"{name}.pid")
while True:
    signal.pause()
"""


def sign(signs: Path, name: str) -> Path:
    """The file that holds the process id of a fake that is ready."""
    return signs / f"{name}.pid"


def fake(
    name: str,
    signs: Path,
    script: str = OBEDIENT,
    *,
    after: tuple[str, ...] = (),
    grace: float = 10.0,
) -> Service:
    """A service that runs the script and is ready once it has signed."""
    return Service(
        name=name,
        command=(sys.executable, "-S", "-c", script, name, str(signs)),
        ready=sign(signs, name).exists,
        after=after,
        grace=grace,
    )
