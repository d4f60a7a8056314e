"""What needs the approval of a person, and how long that is waited for."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

YEAR_OF_HOURS = 8784.0

type Tier = Literal["namespace", "nodepool", "cluster"]
type Environment = Literal["dev", "test", "prod"]


def _words(value: Any) -> Any:
    """A list of words as the environment has it: separated by commas."""
    if not isinstance(value, str):
        return value
    return tuple(word for word in (part.strip() for part in value.split(",")) if word)


class ApprovalSettings(BaseModel):
    """What needs the approval of a person, and how long that is waited for.

    A tenant needs it that is asked for with one of these properties, or changed so that it has one
    which it did not have.

    Attributes:
        tiers: Isolation tiers.
        environments: Environments.
        deadline_hours: Time until a request expires that nobody has decided upon.
        reminder_hours: Time until those who wait are reminded; 0 for never.
        look_seconds: Longest time until a decision is found of which the orchestration was not
            told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tiers: Annotated[tuple[Tier, ...], BeforeValidator(_words)] = ("cluster",)
    environments: Annotated[tuple[Environment, ...], BeforeValidator(_words)] = ()
    deadline_hours: float = Field(default=72.0, gt=0, le=YEAR_OF_HOURS)
    reminder_hours: float = Field(default=24.0, ge=0, le=YEAR_OF_HOURS)
    look_seconds: float = Field(default=300.0, ge=1, le=86_400)
