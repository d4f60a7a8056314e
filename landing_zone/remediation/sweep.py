"""The sweep: what no event told of is found in what ARM lists.

A list holds what a read would, so that most rules judge it as it comes. What they cannot judge from
it is told, to be looked at by itself:

| rule | what a list lacks |
|---|---|
| private-endpoint-dns | zone groups and records: each endpoint is looked at |
| foreign-peering | the far side of a peering that is not ours: that network is looked at |
| monitoring, missing-resource | settings on resources and what stands in them: `unlisted` |
| cross-tenant-role | nothing, where role assignments are listed too: `listings` |
| hub-drift | the hub's reconciler runs on a timer of its own |
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from landing_zone.arm_ids import subscription_scope
from landing_zone.planning import api_versions
from landing_zone.planning.suspended import is_closing
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import KINDS, Target, target_of
from landing_zone.remediation.model import Facts, Read, Rule, Violation
from landing_zone.remediation.rules import missing, roles, rules_for
from landing_zone.remediation.rules.planned import told_of

_ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
_SUBSCRIPTION: Final = len("/subscriptions/") + 36
_NOT_LISTED: Final = frozenset(
    {
        "microsoft.resources/subscriptions",
        "microsoft.resources/resourcegroups",
        # Nothing of it is judged but what a suspension closes in it: `unlisted`.
        "microsoft.apimanagement/service",
        # Children, which no list of a subscription holds: the hub's reconciler reads them.
        "microsoft.network/firewallpolicies/rulecollectiongroups",
        "microsoft.network/privatednszones/virtualnetworklinks",
    }
)


@dataclass
class Swept:
    """What a sweep found.

    Attributes:
        resources: How many resources it saw.
        violations: What is wrong with them.
        closer: What has to be looked at by itself before it can be judged whole.
    """

    resources: int = 0
    violations: list[Violation] = field(default_factory=list)
    closer: list[Target] = field(default_factory=list)


def listings(subscription_id: str) -> tuple[Read, ...]:
    """The lists, whole bodies in each, that hold all of a subscription that is judged."""
    scope = subscription_scope(subscription_id)
    kinds = (kind for key, kind in KINDS.items() if key not in _NOT_LISTED)
    lists = [Read(f"{scope}/providers/{kind.name}", kind.api_version, "list") for kind in kinds]
    assignments = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    return (
        Read(scope, api_versions.SUBSCRIPTIONS),
        Read(f"{scope}/resourceGroups", api_versions.RESOURCES, "list"),
        Read(assignments, api_versions.AUTHORIZATION, "list"),
        *lists,
    )


def shards(subscriptions: Iterable[str], count: int) -> tuple[tuple[str, ...], ...]:
    """Subscriptions spread over that many shards; each stays in its shard, whatever others come.

    Raises:
        ValueError: There are less than one.
    """
    if count < 1:
        raise ValueError("a sweep has at least one shard")
    found: list[list[str]] = [[] for _ in range(count)]
    for one in sorted({name.lower() for name in subscriptions}):
        found[_spread(one, count)].append(one)
    return tuple(tuple(shard) for shard in found)


def _spread(name: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count


def sweep(bodies: Iterable[Mapping[str, Any]], grounds: Mapping[str, Ground]) -> Swept:
    """Judge a stream of resources, in one pass.

    Args:
        bodies: Resources as ARM lists them, of any subscriptions in any order.
        grounds: What is known of each owner, by subscription id in lower case; a resource of
            another subscription is not judged.
    """
    swept = Swept()
    judged = _judged_types()
    for body in bodies:
        swept.resources += 1
        resource_id = str(body.get("id", "")).lower()
        ground = grounds.get(resource_id[_SUBSCRIPTION - 36 : _SUBSCRIPTION])
        if ground is None:
            continue
        # A subscription alone is answered without its type.
        kind = str(body.get("type") or "Microsoft.Resources/subscriptions").lower()
        rules = judged.get(kind)
        if rules is None:
            _judge_other(swept, body, kind, resource_id, ground)
            continue
        facts = Facts(resource_id, kind, body, ground)
        for evaluate, needs in rules:
            if needs is None or not needs(facts):
                if found := evaluate(facts):
                    swept.violations += found
            else:
                swept.closer.append(Target(resource_id, kind))
    return swept


type _Judge = tuple[Any, Any]


def _judged_types() -> dict[str, tuple[_Judge, ...]]:
    """The rules of each type that can say something about a resource alone."""
    return {
        kind: tuple(_judge(rule) for rule in rules_for(kind) if _says_something(rule, kind))
        for kind in KINDS
    }


def _judge(rule: Rule) -> _Judge:
    return rule.evaluate, rule.needs if rule.types else None


def _says_something(rule: Rule, kind: str) -> bool:
    """Rules of every type judge what events told of, but for the subnets of a planned network."""
    network = kind == "microsoft.network/virtualnetworks"
    return bool(rule.types) or (network and rule.name == missing.RULE.name)


def _judge_other(
    swept: Swept, body: Mapping[str, Any], kind: str, resource_id: str, ground: Ground
) -> None:
    """A role assignment is judged as told of by an event at its scope."""
    if kind != _ASSIGNMENTS:
        return
    target = target_of(resource_id)
    if target is not None:
        facts = Facts(
            target.id,
            target.type,
            {},
            ground,
            frozenset({resource_id}),
            {roles.read_of(resource_id): body},
        )
        swept.violations += roles.evaluate(facts)


def absent(ground: Ground, seen: Collection[str]) -> tuple[Violation, ...]:
    """Planned resources of an owner that the lists do not hold.

    Args:
        ground: The owner.
        seen: Normalized ids of all that the lists of its subscription held.
    """
    found: list[Violation] = []
    for key in ground.plan:
        target = target_of(key)
        if target is not None and target.id == key and key not in seen and _is_listed(target):
            found += missing.evaluate(Facts(key, target.type, None, ground))
    return tuple(found)


def _is_listed(target: Target) -> bool:
    return target.type not in _NOT_LISTED or target.type.endswith("resourcegroups")


def unlisted(ground: Ground, turn: int = 0, turns: int = 1) -> tuple[tuple[Target, str], ...]:
    """Planned settings and children that no list holds, each with the resource to look at for it.

    A look `about` one of them costs two reads, so that a sweep may take a part of them at a time.

    Args:
        ground: The owner.
        turn: Which part, from 0.
        turns: How many parts all of them are spread over.
    """
    return tuple(
        (target, key)
        for key in ground.plan
        if _spread(key, turns) == turn % turns
        and (target := target_of(key)) is not None
        and target.id != key
        and _is_looked_at(ground, target, key)
    )


def _is_looked_at(ground: Ground, target: Target, key: str) -> bool:
    if is_closing(ground.plan[key]):
        return True
    facts = Facts(target.id, target.type, {}, ground, frozenset({key}))
    return any(any(told_of(facts, monitored=monitored)) for monitored in (True, False))
