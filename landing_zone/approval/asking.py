"""A decision as an approver sends it: everything that is wrong with it is told at once."""

import re
from typing import Final, NamedTuple

from landing_zone.approval.record import Verdict
from landing_zone.request_parsing.fields import Fields

MOST_REASON: Final = 500
DECISIONS: Final = (Verdict.APPROVE.value, Verdict.REJECT.value)
_NAMES: Final = ("decision", "reason", "operationId")
_OPERATION: Final = re.compile(r"[a-z0-9-]{1,63}\.[0-9]{1,9}")


class AskedDecision(NamedTuple):
    """What an approver has decided.

    Attributes:
        verdict: Approve or reject.
        reason: Why; a rejection has one, an approval may.
        operation_id: The operation that is meant: an approval is never taken for a later request.
    """

    verdict: Verdict
    reason: str
    operation_id: str


def parse_decision(body: bytes) -> AskedDecision:
    """Read a decision.

    Args:
        body: A JSON object: `decision`, `operationId`, and `reason`, which may be left out where
            something is approved.

    Raises:
        InvalidRequest: It is none; lists everything that is wrong.
    """
    fields = Fields(body, _NAMES)
    word = fields.one_of("decision", DECISIONS)
    operation = fields.text("operationId")
    if operation and not _OPERATION.fullmatch(operation):
        fields.wrong("operationId", "is no operation's id", "the operationId that is to be decided")
    is_silent = word == Verdict.APPROVE and not fields.has("reason")
    reason = "" if is_silent else fields.text("reason", MOST_REASON)
    fields.require()
    return AskedDecision(Verdict(word), reason, operation)
