"""Exemptions: a rule that does not hold somewhere, for a reason and for a time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Contract

EVERY_RULE = "*"

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Exemption(Contract):
    """Where a rule does not hold.

    Attributes:
        id: Its id.
        rule: Name of the rule, or `*` for every one.
        scope: ARM id: of a resource, of what it stands in, or of a subscription.
        reason: Why, for an auditor.
        by: Who granted it.
        expires: When it ends.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    rule: str
    scope: Annotated[str, StringConstraints(pattern=r"^/[^/]+(/[^/]+)*/?$", max_length=2048)]
    reason: _Text
    by: _Text
    expires: AwareDatetime

    def covers(self, rule: str, resource_id: str, now: datetime) -> bool:
        """Whether it holds now for a rule at a resource, which may be named in any casing."""
        return now < self.expires and self.reaches(rule, resource_id)

    def reaches(self, rule: str, resource_id: str) -> bool:
        """Whether a rule at a resource is what it is about, over or not."""
        if self.rule not in {EVERY_RULE, rule}:
            return False
        return f"{normalized(resource_id)}/".startswith(f"{normalized(self.scope)}/")


def exemption_for(
    exemptions: Iterable[Exemption], rule: str, resource_id: str, now: datetime
) -> Exemption | None:
    """The exemption that holds, the one that lasts longest where there are several."""
    holding = [one for one in exemptions if one.covers(rule, resource_id, now)]
    return max(holding, key=lambda one: (one.expires, one.id), default=None)
