"""Noting refusals of callers in the audit, as far as the budget of each goes."""

import logging
import uuid

from activities.dependencies import Dependencies
from landing_zone.access import AccessRefused, Action
from landing_zone.access.refusals import entry_of
from landing_zone.errors import SpokewrightError

_log = logging.getLogger(__name__)


async def note_refusal(deps: Dependencies, refusal: AccessRefused, action: Action) -> bool:
    """Note a refusal; False where it is only counted.

    Who is refused stays refused, whatever becomes of the entry.
    """
    now = deps.clock.now()
    unwritten = deps.refusals.spend(refusal.principal, now)
    if unwritten is None:
        return False
    event = f"refusal-{uuid.uuid4().hex}"
    try:
        await deps.audit.append(entry_of(refusal, action, event, unwritten, now))
    except SpokewrightError:
        deps.refusals.give_back(refusal.principal, unwritten)
        _log.exception("a refusal (%s, %s) could not be noted", action, refusal.reason)
        return False
    return True
