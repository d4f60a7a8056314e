"""The pace of every subscription that a service principal talks to."""

import re
from typing import Final

from landing_zone.pacing.pace import Pace
from landing_zone.pacing.settings import Kind, PaceSettings

_SUBSCRIPTION: Final = re.compile(r"https://[^/]+/subscriptions/([^/?]+)", re.IGNORECASE)
_KEPT: Final = 2_000
"""Subscriptions that are remembered without a look at whether they are at rest."""


def kind_of(method: str) -> Kind:
    """Which bucket a method takes from."""
    match method:
        case "GET" | "HEAD":
            return "reads"
        case "DELETE":
            return "deletes"
        case _:
            return "writes"


def scope_of(url: str) -> str:
    """The id of the subscription whose quota a URL of ARM counts for; "" for the directory's.

    What is above subscriptions, such as a management group with a subscription in its path, counts
    for the directory.
    """
    found = _SUBSCRIPTION.match(url)
    return found[1].lower() if found else ""


class Pacer:
    """One for each connection: quotas are counted by service principal.

    Attributes:
        settings: What Azure lets through.
        in_place: Calls that wait within their functions.
    """

    def __init__(self, settings: PaceSettings) -> None:
        """Begin with full buckets everywhere.

        Args:
            settings: What Azure lets through.
        """
        self.settings = settings
        self.in_place = 0
        self._paces: dict[str, Pace] = {}
        self._sweep_at = _KEPT

    def of(self, scope: str, now: float) -> Pace:
        """The pace of a subscription, or of the directory."""
        found = self._paces.get(scope)
        if found is None:
            if len(self._paces) >= self._sweep_at:
                self._forget(now)
            found = self._paces[scope] = Pace(self.settings)
        return found

    def __len__(self) -> int:
        return len(self._paces)

    def _forget(self, now: float) -> None:
        """Forget the subscriptions that nothing is going on at."""
        busy = {scope: pace for scope, pace in self._paces.items() if not pace.is_at_rest(now)}
        self._paces = busy
        self._sweep_at = max(_KEPT, 2 * len(busy))
