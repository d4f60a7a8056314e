"""What Azure Resource Manager lets through, and how its quota is spent."""

from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

type Kind = Literal["reads", "writes", "deletes"]
"""Operations that share a bucket."""

KINDS: Final[tuple[Kind, ...]] = ("reads", "writes", "deletes")


class Limit(NamedTuple):
    """A token bucket of Azure's.

    Attributes:
        size: Calls that a full one lets through at once.
        rate: Calls a second that it lets through for good.
    """

    size: float
    rate: float


class PaceSettings(BaseModel):
    """What Azure Resource Manager lets through, and how its quota is spent.

    The buckets are those of one service principal at one subscription, or at the directory for
    what belongs to no subscription (learn: azure-resource-manager/management/
    request-limits-and-throttling). Free and trial subscriptions may have smaller ones; what the
    answers tell of them is believed either way.

    Attributes:
        reads: Size of the bucket of reads.
        reads_per_second: What it is refilled with.
        writes: Size of the bucket of writes.
        writes_per_second: What it is refilled with.
        deletes: Size of the bucket of deletes.
        deletes_per_second: What it is refilled with.
        reserve: Share of each bucket that background work leaves for onboarding.
        in_place_seconds: Longest wait of a call within its function; what has to wait for longer
            is told to come back, and no function runs meanwhile.
        in_place_calls: Most calls of a process that wait so: functions that wait keep others from
            running, those of subscriptions with plenty of quota among them.
        hold_seconds: First hold of a subscription where a 429 does not say for how long; doubles.
        hold_most_seconds: Longest such hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads: int = Field(default=250, ge=1)
    reads_per_second: float = Field(default=25.0, gt=0)
    writes: int = Field(default=200, ge=1)
    writes_per_second: float = Field(default=10.0, gt=0)
    deletes: int = Field(default=200, ge=1)
    deletes_per_second: float = Field(default=10.0, gt=0)
    reserve: float = Field(default=0.4, ge=0, le=0.9)
    in_place_seconds: float = Field(default=1.0, ge=0, le=10)
    in_place_calls: int = Field(default=25, ge=0)
    hold_seconds: float = Field(default=2.0, gt=0)
    hold_most_seconds: float = Field(default=300.0, gt=0)

    def limit(self, kind: Kind) -> Limit:
        """The bucket of a kind."""
        match kind:
            case "reads":
                return Limit(self.reads, self.reads_per_second)
            case "writes":
                return Limit(self.writes, self.writes_per_second)
            case "deletes":
                return Limit(self.deletes, self.deletes_per_second)
