"""What an onboarding cost in calls to Resource Manager, by its log of exchanges."""

import json
import re
from dataclasses import dataclass

# What takes the firewall's one writer: IP groups and rule collection groups.
ON_FIREWALL = re.compile(r"/(ipGroups|ruleCollectionGroups)/[^/?]+\?", re.IGNORECASE)
READS = frozenset({"GET", "HEAD"})
FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls to Resource Manager.

    Attributes:
        calls: All of them.
        writes: Those that are no reads.
        firewall_writes: Writes to the hub's firewall that were taken.
    """

    calls: int
    writes: int
    firewall_writes: int


def traffic(records: bytes) -> Traffic:
    """Count the exchanges of a log in JSON Lines."""
    exchanges = [json.loads(line) for line in records.splitlines()]
    writes = [exchange for exchange in exchanges if exchange["method"] not in READS]
    taken = [one for one in writes if one["status"] and one["status"] < FIRST_REFUSAL]
    on_firewall = [one for one in taken if ON_FIREWALL.search(one["url"])]
    return Traffic(calls=len(exchanges), writes=len(writes), firewall_writes=len(on_firewall))
