"""The bounds that a hub's shared resources are kept within, and the pace of its reconciler."""

from pydantic import BaseModel, ConfigDict, Field


class HubSettings(BaseModel):
    """Bounds and pace; the defaults of the bounds are Azure's documented limits.

    Attributes:
        shards: Rule collection groups that the tenants' own names are spread over.
        ip_group_addresses: Entries of one IP group (learn: firewall-manager/ip-groups).
        group_bytes: Size of one rule collection group as JSON (limits page: 2 MB).
        peerings: Peerings of the hub network (virtual-network-limits: 500).
        collect_seconds: Time in which requests for the firewall are collected.
        collect_most_seconds: The longest time of collecting, where more are coming: half of the
            time that one write takes.
        peering_collect_seconds: The same for peerings, where a write takes seconds.
        poll_seconds: Longest wait of a tenant between two looks at its own request.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A write takes minutes and a shard is a write: one holds the names of all 500 tenants of a hub.
    shards: int = Field(default=1, ge=1, le=80)
    ip_group_addresses: int = Field(default=5000, ge=1)
    group_bytes: int = Field(default=2_000_000, ge=1000)
    peerings: int = Field(default=500, ge=1)
    collect_seconds: float = Field(default=2.0, gt=0)
    peering_collect_seconds: float = Field(default=0.5, gt=0)
    collect_most_seconds: float = Field(default=120.0, gt=0)
    poll_seconds: float = Field(default=30.0, gt=0)
