"""What an operator asks of an operation over HTTP: all that is wrong with it is told at once."""

from typing import Final, NamedTuple

from landing_zone.explaining.acts import Deed
from landing_zone.request_parsing.fields import Fields

_NAMES: Final = ("action", "resource", "reason", "anew")
_LONGEST_KEY: Final = 100


class Asked(NamedTuple):
    """What is asked for.

    Attributes:
        deed: What.
        resource: The resource in the plan that it is about; empty for the operation itself.
        reason: Why.
        anew: Whether attempts and deadline begin anew.
    """

    deed: Deed
    resource: str
    reason: str
    anew: bool


def parse_asked(body: bytes) -> Asked:
    """Read what is asked for: `action`, `reason`, and perhaps `resource` and `anew`.

    Raises:
        InvalidRequest: It is not understood; lists everything that is wrong.
    """
    fields = Fields(body, _NAMES)
    word = fields.one_of("action", tuple(Deed))
    resource = fields.text("resource", _LONGEST_KEY) if fields.has("resource") else ""
    reason, anew = fields.text("reason"), fields.flag("anew")
    if anew and word in {Deed.SKIP, Deed.COMPENSATE}:
        fields.wrong("anew", "has a meaning for a retry only", "false")
    fields.require()
    return Asked(Deed(word), resource, reason, anew)
