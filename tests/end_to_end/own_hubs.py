"""A local cloud with a hub document of its own, supervised in a process of its own.

Arguments: the state directory, the port offset, the speed, the hub document.
"""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

from localcloud.certificates import local_certificates
from localcloud.service_bus.keys import load_or_create_key
from localcloud.supervisor.cloud import HUBS, Cloud, services
from localcloud.supervisor.describe import description
from localcloud.supervisor.ports import Ports
from localcloud.supervisor.service import Service
from localcloud.supervisor.state import identity_header, locked
from localcloud.supervisor.supervise import Stop, supervise


def with_hubs(service: Service, hubs: Path) -> Service:
    """The service, given another hub document wherever it is given one."""
    default, own = str(HUBS), str(hubs)
    return replace(
        service,
        command=tuple(own if part == default else part for part in service.command),
        environment={
            name: own if value == default else value for name, value in service.environment.items()
        },
    )


def announce(cloud: Cloud) -> None:
    """Say how to reach it, in a line."""
    sys.stdout.write(json.dumps(description(cloud)) + "\n")
    sys.stdout.flush()


async def run(cloud: Cloud, hubs: Path, lock: int) -> None:
    """Keep it up until told to stop."""
    stop = Stop()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.request)
    await supervise(
        [with_hubs(service, hubs) for service in services(cloud)],
        logs=cloud.state / "logs",
        stop=stop,
        say=lambda line: print(line, file=sys.stderr),  # noqa: T201 - the log of the test
        on_ready=lambda: announce(cloud),
        keep=(lock,),
    )


def main() -> None:
    """Run until told to stop."""
    state = Path(sys.argv[1])
    with locked(state) as lock:
        cloud = Cloud(
            state=state,
            ports=Ports.at_offset(int(sys.argv[2])),
            speed=float(sys.argv[3]),
            certificates=local_certificates(state / "ca"),
            identity_header=identity_header(state),
            bus_key=load_or_create_key(state / "service_bus"),
        )
        asyncio.run(run(cloud, Path(sys.argv[4]), lock))


if __name__ == "__main__":
    main()
