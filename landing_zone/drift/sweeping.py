"""What travels between the orchestration of a sweep and its activities."""

from typing import Final

from landing_zone.contracts import Contract
from landing_zone.retries import RetryPolicy

INSTANCE: Final = "sweep"
"""Instance id of the sweep: one at a time."""


class SweepTask(Contract):
    """A sweep of everything that is governed.

    Attributes:
        run: Names this sweep for ever: what it finds is noted once, however often it is looked for.
        retry: The bounds of one shard.
    """

    run: str
    retry: RetryPolicy = RetryPolicy()


class Shards(Contract):
    """Subscriptions, in shards.

    Attributes:
        shards: Ids of each shard's subscriptions, in lower case.
    """

    shards: tuple[tuple[str, ...], ...] = ()


class ShardTask(Contract):
    """One shard of a sweep.

    Attributes:
        run: The sweep.
        subscriptions: Ids of its subscriptions, in lower case.
    """

    run: str
    subscriptions: tuple[str, ...]


class ShardAnswer(Contract):
    """What came of one shard.

    Attributes:
        resources: How many resources were judged.
        noted: How many of them are to be looked at.
        left: Subscriptions that could not be swept, for now.
        wait: Seconds that Azure asked to wait before they are; None where it did not say.
        failed: Subscriptions that cannot be swept, each with the reason.
    """

    resources: int = 0
    noted: int = 0
    left: tuple[str, ...] = ()
    wait: float | None = None
    failed: tuple[str, ...] = ()


class SweepStatus(Contract):
    """How far a sweep has come: its custom status, and in the end its output.

    Attributes:
        run: The sweep.
        shards: How many shards there are.
        done: How many of them are done.
        resources: How many resources were judged.
        noted: How many of them are to be looked at.
        failed: Subscriptions that could not be swept, each with the reason.
    """

    run: str = ""
    shards: int = 0
    done: int = 0
    resources: int = 0
    noted: int = 0
    failed: tuple[str, ...] = ()

    def after(self, answer: ShardAnswer) -> "SweepStatus":
        """The status once another shard, or part of one, is done."""
        return self.model_copy(
            update={
                "done": self.done + (0 if answer.left else 1),
                "resources": self.resources + answer.resources,
                "noted": self.noted + answer.noted,
                "failed": (*self.failed, *answer.failed),
            }
        )
