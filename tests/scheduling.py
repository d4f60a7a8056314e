"""Which worker of pytest-xdist runs what: what shares something dear is run by one."""

from itertools import zip_longest
from typing import Final

from xdist.scheduler import LoadScopeScheduling

SHARED_CLOUD: Final = "the shared cloud"

_END_TO_END: Final = "tests/end_to_end/"
_OWN_CLOUD: Final = frozenset(
    f"{_END_TO_END}test_{name}.py"
    for name in ("chaos", "demo", "faults", "hub", "kill", "remediation", "two_hubs")
)
_WAITING: Final = (
    *(_END_TO_END, "tests/localcloud/functions_host/test_service_bus.py"),
    *("tests/localcloud/functions_host/test_crashes.py", "tests/adapters/test_service_bus.py"),
)
"""These wait for processes and locks more than they compute."""

_LATER: Final = ("tests/localcloud/", "tests/adapters/", "tests/orchestrators/")


def group_of(nodeid: str) -> str:
    """What one worker runs together: a module, or all that use the shared cloud."""
    module = nodeid.partition("::")[0]
    is_shared = module.startswith(_END_TO_END) and module not in _OWN_CLOUD
    return SHARED_CLOUD if is_shared else module


def in_order(groups: list[str]) -> list[str]:
    """The longest first, and those that wait beside those that compute."""
    waiting = [one for one in groups if one.startswith(_WAITING)]
    computing = [one for one in groups if one.startswith("tests/simulation/")]
    pairs = zip_longest(waiting, computing)
    first = [one for pair in pairs for one in pair if one is not None]
    shared = [one for one in groups if one == SHARED_CLOUD]
    later = [one for prefix in _LATER for one in groups if one.startswith(prefix)]
    return list(dict.fromkeys((*shared, *first, *later, *groups)))


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Hands out groups, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
