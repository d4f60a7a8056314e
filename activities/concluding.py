"""The end of a resource's work: told to those who wait for it, and noted in the audit chain."""

import asyncio

from activities.announce import EventRaiser, announce
from activities.auditing import note
from activities.dependencies import Dependencies
from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Outcome


async def conclude(deps: Dependencies, client: EventRaiser, data: Conclusion) -> Outcome:
    """Do both at once; done again, both are as they were.

    Raises:
        TemporaryError: It could not be noted yet; those who wait were told all the same.
        Exception: Someone could not be told, however often it was tried.
    """
    work = []
    if data.announcement is not None:
        work.append(announce(client, data.announcement))
    if data.note is not None:
        work.append(note(deps, data.note))
    # One that fails must not keep the other from being done.
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return Outcome(state="done")
