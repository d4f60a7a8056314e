"""How long operations take: one readable file, divided by the speed."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("latency.yaml")


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds.

    Attributes:
        write: Until a write has ended.
        delete: Until a delete has ended.
        poll: What `Retry-After` asks for in between.
        settle: What goes on by itself for so long after a write has ended.
    """

    write: float
    delete: float
    poll: float
    settle: float = 0.0

    def scaled(self, speed: float) -> "Latency":
        """The same, so many times faster."""
        times = (self.write, self.delete, self.poll, self.settle)
        return Latency(*(seconds / speed for seconds in times))


class Profile:
    """Latencies by resource type.

    Attributes:
        speed: How many times faster than Azure.
        replication: Seconds until the whole directory knows a new identity, scaled.
        data: Seconds that a call of a data plane takes, scaled.
    """

    def __init__(self, speed: float, path: Path = _FILE) -> None:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        default = document["default"]
        self.speed = speed
        self.replication = document["replication"] / speed
        self.data = document["data"] / speed
        self._default = Latency(**default)
        self._types = {
            name: Latency(**(default | entry)) for name, entry in document["types"].items()
        }
        self._scaled = {
            name.lower(): latency.scaled(speed) for name, latency in self._types.items()
        }

    def of(self, resource_type: str) -> Latency:
        """The scaled latency of a type, in any casing."""
        found = self._scaled.get(resource_type.lower())
        return found if found is not None else self._default.scaled(self.speed)

    def document(self) -> dict[str, Any]:
        """For the control route: each type, as Azure takes and as it is here."""
        return {
            "speed": self.speed,
            "default": _row(self._default, self.speed),
            "types": {name: _row(one, self.speed) for name, one in self._types.items()},
        }


def _row(latency: Latency, speed: float) -> dict[str, Any]:
    here = latency.scaled(speed)
    return {
        "write": latency.write,
        "delete": latency.delete,
        "poll": latency.poll,
        "scaled": {"write": here.write, "delete": here.delete, "poll": here.poll},
    }


def retry_headers(seconds: float) -> dict[str, str]:
    """`Retry-After` in whole seconds, and the exact milliseconds where those are not the same."""
    whole = max(1, math.ceil(seconds))
    headers = {"Retry-After": str(whole)}
    if not math.isclose(whole, seconds):
        headers["x-ms-retry-after-ms"] = str(max(1, round(seconds * 1000)))
    return headers
