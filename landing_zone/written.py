"""What a write changed of a resource, as the audit tells it: names of properties, never values."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from landing_zone.differences import differences

MOST_NAMES: Final = 20
LONGEST_NAME: Final = 120

type Before = Literal["absent", "deleted", "present"]


class Written(BaseModel):
    """What was there when something was first written.

    Attributes:
        before: Nothing, something deleted that Azure keeps, or the resource itself.
        changed: Where the resource was not as wanted, by name: the first `MOST_NAMES`.
        more: How many places more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Before
    changed: tuple[str, ...] = ()
    more: int = 0

    def details(self) -> dict[str, str]:
        """It as details of an entry of the audit."""
        names = [*self.changed, *([f"and {self.more} more"] if self.more else [])]
        return {"before": self.before} | ({"changed": ", ".join(names)} if names else {})


def written_over(
    wanted: dict[str, Any], current: dict[str, Any] | None, *, kept: bool = False
) -> Written:
    """What a write of a body meets.

    Args:
        wanted: The body.
        current: The resource as it is; None where there is none.
        kept: Whether Azure keeps a deleted one.
    """
    if current is None:
        return Written(before="deleted" if kept else "absent")
    paths = [one.path[:LONGEST_NAME] for one in differences(wanted, current)]
    return Written(
        before="present",
        changed=tuple(paths[:MOST_NAMES]),
        more=max(0, len(paths) - MOST_NAMES),
    )
