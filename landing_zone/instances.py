"""What the durable client says of an orchestration, as far as it is decided upon."""

from typing import Any, Final

_ALIVE: Final = frozenset({"Running", "Pending", "Suspended", "ContinuedAsNew"})


def is_on_its_way(status: Any) -> bool:
    """Whether an orchestration of that status is there and has not ended."""
    state = getattr(status, "runtime_status", None)
    return getattr(state, "value", state) in _ALIVE
