"""The pace of a hub's reconciler; what it keeps within is in the hub document."""

from pydantic import BaseModel, ConfigDict, Field


class HubSettings(BaseModel):
    """How a hub's shared resources are spread and how fast they are written.

    Attributes:
        shards: Rule collection groups that the tenants' own names are spread over.
        collect_seconds: Time in which requests for the firewall are collected.
        collect_most_seconds: The longest time of collecting, where more are coming: half of the
            time that one write takes.
        peering_collect_seconds: The same for the hub network, where a write takes seconds.
        poll_seconds: Longest wait of a tenant between two looks at its own request, for each write
            that is to go.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A write takes minutes and a shard is a write: one holds the names of all 500 tenants of a hub.
    shards: int = Field(default=1, ge=1, le=80)
    collect_seconds: float = Field(default=2.0, gt=0)
    peering_collect_seconds: float = Field(default=0.5, gt=0)
    collect_most_seconds: float = Field(default=120.0, gt=0)
    poll_seconds: float = Field(default=30.0, gt=0)
