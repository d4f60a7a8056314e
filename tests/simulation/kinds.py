"""Every kind of failure that is injected into the onboardings, and where.

The failures are those of the local cloud's presets, which a test holds to be all that real
deployments meet; here it is said at which call on a resource each of them strikes, and whether it
passes or lasts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from landing_zone.plan import Plan, Resource, Undo, Write
from localcloud.arm.faults.plan import DATA_KINDS
from localcloud.arm.faults.presets import PRESETS

type Phase = Literal["write", "read", "poll", "undo"]

FOR_EVER: Final = 10**6
WRITES: Final = ["PUT", "PATCH", "POST"]
REMOVALS: Final = [*WRITES, "DELETE"]
_PEERING: Final = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
_REFERENCE: Final = re.compile(r"\\\$\\\{[^}]*\\\}")


def _any(_resource: Resource) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """A kind of failure.

    Attributes:
        name: For people.
        phase: The calls on a resource that it strikes: those that write it, read it, poll an
            operation on it, or take it back after another resource has failed.
        fault: The fault, as the local cloud is given it.
        fits: Which resources can meet it.
    """

    name: str
    phase: Phase
    fault: dict[str, Any] = field(default_factory=dict, hash=False)
    fits: Callable[[Resource], bool] = _any


def _kind(
    phase: Phase, preset: str, name: str = "", fits: Callable[[Resource], bool] = _any, **more: Any
) -> Kind:
    return Kind(f"{phase}:{name or preset}", phase, {"preset": preset, **more}, fits)


def _typed(*words: str) -> Callable[[Resource], bool]:
    return lambda resource: any(word in resource.type for word in words)


def _is_written(resource: Resource) -> bool:
    """Whether it is more than looked up: what the hub has already is only read."""
    return bool(resource.body) or resource.write is not Write.PUT or resource.undo is not Undo.KEEP


PASSING: Final = (
    "throttled",
    "throttled-long",
    "throttled-without-retry-after",
    "another-operation-in-progress",
    "missing-registration",
    "operation-fails",
    "operation-not-found",
    "operation-canceled",
    "resource-not-visible",
    "forbidden",
    "internal-error",
    "unavailable",
    "connection-reset",
    "reset-after-acceptance",
    "timeout-after-acceptance",
)
"""Failures of a write that pass: what they strike comes into being later."""

WRITE_KINDS: Final = (
    *(_kind("write", preset) for preset in PASSING),
    _kind("write", "referenced-resource-not-provisioned", fits=_typed(_PEERING)),
    _kind("write", "another-peering-references-remote", fits=_typed(_PEERING)),
    _kind("write", "address-spaces-overlap", fits=_typed(_PEERING)),
    _kind("write", "principal-not-found", fits=_typed("Microsoft.Authorization/roleAssignments")),
    _kind("write", "subscription-not-visible", fits=_typed("managementGroups/subscriptions")),
    _kind("write", "soft-deleted-key-vault", fits=_typed("Microsoft.KeyVault/vaults")),
    _kind("write", "soft-deleted-api-management", fits=_typed("Microsoft.ApiManagement")),
    _kind("write", "soft-deleted-cognitive-services", fits=_typed("CognitiveServices/accounts")),
    _kind("write", "soft-deleted"),
    _kind("write", "disallowed-by-policy"),
    _kind("write", "stuck-updating"),
    _kind("write", "operation-fails", "operation-fails-always", count=FOR_EVER),
    _kind("write", "forbidden", "forbidden-for-good", count=FOR_EVER),
    _kind("write", "internal-error", "internal-error-for-good", count=FOR_EVER),
)

READ_KINDS: Final = (
    _kind("read", "throttled"),
    _kind("read", "internal-error"),
    _kind("read", "connection-reset"),
    _kind("read", "forbidden"),
    _kind("read", "forbidden", "forbidden-for-good", count=FOR_EVER),
)

POLL_KINDS: Final = (
    _kind("poll", "throttled"),
    _kind("poll", "internal-error"),
    _kind("poll", "connection-reset"),
    _kind("poll", "operation-lost", count=FOR_EVER),
)

UNDO_KINDS: Final = (
    _kind("undo", "throttled"),
    _kind("undo", "another-operation-in-progress"),
    _kind("undo", "operation-fails"),
    _kind("undo", "reset-after-acceptance"),
    _kind("undo", "timeout-after-acceptance"),
    _kind("undo", "deleted-out-of-order"),
    _kind("undo", "operation-fails", "operation-fails-always", count=FOR_EVER),
    _kind("undo", "forbidden", "forbidden-for-good", count=FOR_EVER),
    _kind("undo", "scope-locked", fits=lambda resource: resource.undo is Undo.DELETE),
    _kind("undo", "stuck-updating", "stuck-deleting"),
    _kind("undo", "slow-group", fits=_typed("Microsoft.Resources/resourceGroups")),
    _kind(
        "undo",
        "resources-on-subscription",
        fits=lambda resource: resource.undo is Undo.CANCEL_SUBSCRIPTION,
    ),
)

KINDS: Final = {kind.name: kind for kind in (*WRITE_KINDS, *READ_KINDS, *POLL_KINDS, *UNDO_KINDS)}

ALIKE: Final = frozenset(
    {
        "write:throttled-long",
        "write:throttled-without-retry-after",
        "write:missing-registration",
        "write:operation-canceled",
        "write:unavailable",
        "write:internal-error-for-good",
        "read:throttled",
        "read:internal-error",
        "read:connection-reset",
        "poll:throttled",
        "poll:internal-error",
        "poll:connection-reset",
        "undo:throttled",
        "undo:operation-fails-always",
        "undo:reset-after-acceptance",
    }
)
"""Kinds that are met by the same code as another one that strikes every resource."""


def applies(kind: Kind, resource: Resource) -> bool:
    """Whether a resource makes the calls that a kind of failure strikes, and can meet it."""
    if kind.phase == "undo" and resource.undo is Undo.KEEP:
        return False
    if resource.write.on_data_plane and not _reaches_data_planes(kind):
        return False
    if kind.phase in {"write", "poll"} and not _is_written(resource):
        return False
    return kind.fits(resource)


def _reaches_data_planes(kind: Kind) -> bool:
    """Whether a failure needs no operation: there are none on data planes."""
    effect = PRESETS[kind.fault["preset"]]["effect"]["kind"]
    return kind.phase != "poll" and effect in DATA_KINDS


def fault_at(kind: Kind, resource: Resource) -> dict[str, Any]:
    """The fault that strikes the calls on one resource, as the local cloud is given it."""
    methods = {"write": WRITES, "read": ["GET"], "poll": ["GET"], "undo": REMOVALS}[kind.phase]
    path = _read_path(resource) if kind.phase == "read" else written_path(resource, kind)
    return {**kind.fault, "match": {"method": methods, "path": f"re:{path}"}}


def written_path(resource: Resource, kind: Kind) -> str:
    """A regular expression over the paths of the calls that write a resource, or take it back."""
    base = _pattern(resource.id)
    if resource.write.on_data_plane:
        return _data_path(resource)
    if resource.key == "hub:firewall":
        group, _, policy = base.rpartition("/firewallPolicies/")
        return rf"^{group}/(ipGroups|firewallPolicies/{policy}/ruleCollectionGroups)/[^/]+$"
    if resource.write is Write.REGISTER_PROVIDER:
        return rf"^{base}/register$"
    if kind.fault.get("preset") == "resources-on-subscription":
        return r"^/subscriptions/[^/]+/providers/Microsoft\.Subscription/cancel$"
    return rf"^{base}$"


def _read_path(resource: Resource) -> str:
    base = _pattern(resource.id)
    if resource.write.on_data_plane:
        return _data_path(resource)
    if resource.key == "hub:firewall":
        return rf"^{base}/ruleCollectionGroups$"
    if resource.write is Write.HUB:
        return rf"^{base.rpartition('/')[0]}$"
    return rf"^{base}$"


def _data_path(resource: Resource) -> str:
    """The end of a path on a data plane: the kind of thing there, and its name."""
    *_, kind, name = resource.id.split("/")
    return rf"^/(vaults|search)/[^/]+/{kind}/{re.escape(name)}$"


def _pattern(resource_id: str) -> str:
    """The id as a regular expression; what is not known before its time is any name."""
    return _REFERENCE.sub("[^/]+", re.escape(resource_id))


def scapegoat(plan: Plan, resource: Resource) -> Resource:
    """Another resource, which fails so that this one is taken back: nothing waits for it."""
    awaited = {key for one in plan.resources for key in one.waits_for}
    return next(
        one
        for one in reversed(plan.resources)
        if one.key not in awaited
        and one.key != resource.key
        and one.write is Write.PUT
        and _is_written(one)
    )
