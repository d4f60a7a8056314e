"""Supervises fakes in a process of its own, for tests that kill that process.

Arguments: the directory of the signs, which is also the state directory, and the names of fakes.
"""

import asyncio
import sys
from pathlib import Path

from localcloud.supervisor.state import locked
from localcloud.supervisor.supervise import Stop, supervise
from tests.localcloud.supervisor.fakes import OBEDIENT, STUBBORN, fake


def main() -> None:
    """Run until killed."""
    signs = Path(sys.argv[1])
    services = [
        fake(name, signs, STUBBORN if name == "stubborn" else OBEDIENT, grace=0.3)
        for name in sys.argv[2:]
    ]
    with locked(signs) as lock:
        asyncio.run(
            supervise(
                services,
                logs=signs / "logs",
                stop=Stop(),
                say=lambda _: None,
                on_ready=(signs / "ready").touch,
                keep=(lock,),
            )
        )


if __name__ == "__main__":
    main()
