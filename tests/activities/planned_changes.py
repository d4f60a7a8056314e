"""What two plans of a tenant differ in, found without the comparison that is under test."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.plan import Plan, Resource, Undo, Write
from landing_zone.references import known_parts
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenant_request.cross_rules import breaches
from tests.fakes import HUBS
from tests.unit.planned_whole import outputs_of
from tests.unit.strategies import tenant_documents

FIXED = ("tenantId", "region", "network", "subscription")
DEPLOYMENTS = tuple(one.name for one in HUBS.hubs[0].model_deployments)
_ABSENT = "(absent)"


class Expected(NamedTuple):
    """What is to be found of two plans.

    Attributes:
        created: Keys of what only the second has.
        deleted: Keys of what only the first has, and what is ever taken back.
        changed: By key, the paths of the leaves in which they differ.
    """

    created: set[str]
    deleted: set[str]
    changed: dict[str, set[str]]


@st.composite
def changes(draw: st.DrawFn) -> tuple[TenantRequest, TenantRequest]:
    """Two requests of one tenant, which agree in what cannot be changed."""
    first, second = draw(tenant_documents()), draw(tenant_documents())
    first["region"] = "westeurope"
    for document in (first, second):
        _of_the_hub(document)
    for name in FIXED:
        second.pop(name, None)
        if name in first:
            second[name] = first[name]
    kept = draw(st.lists(st.sampled_from(sorted(first)), unique=True))
    second |= {name: first[name] for name in kept}
    assume(not list(breaches(first)) and not list(breaches(second)))
    return TenantRequest.model_validate(first), TenantRequest.model_validate(second)


def _of_the_hub(document: dict[str, Any]) -> None:
    """Ask for deployments that the hub has, and for no more of them than it has."""
    for number, model in enumerate(document.get("ai", {}).get("models", ())):
        model["deployment"] = DEPLOYMENTS[number % len(DEPLOYMENTS)]
        model["tokensPerMinute"] = 1 + model["tokensPerMinute"] % 1000
    models = document.get("ai", {}).get("models", [])
    if models:
        document["ai"]["models"] = models[: len(DEPLOYMENTS)]


def expected(first: Plan, second: Plan) -> Expected:
    """What a dry run of the second plan has to find where the first has been applied."""
    before = {normalized(item.id): item for item in first.resources}
    after = {normalized(item.id): item for item in second.resources}
    common = {after[one].key for one in before.keys() & after.keys()}
    common |= {item.key for item in second.resources if item.is_read}
    former = outputs_of(first)
    outputs = {key: one for key, one in outputs_of(second).items() if key in common}
    changed = {
        item.key: set(changed_leaves(_body(before[one], former), _body(item, outputs)))
        for one, item in after.items()
        if one in before
    }
    return Expected(
        created={item.key for one, item in after.items() if one not in before and not item.is_read},
        deleted={
            item.key
            for one, item in before.items()
            if one not in after and item.undo is not Undo.KEEP
        },
        changed={key: paths for key, paths in changed.items() if paths},
    )


def _body(item: Resource, outputs: Any) -> dict[str, Any]:
    body: dict[str, Any] = known_parts(item.body, outputs)
    # Only whether the key in the vault works is told of a secret.
    return {} if item.write is Write.SECRET else body


def changed_leaves(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Paths of the scalars in which two JSON values differ; named items go by their names."""
    first, second = leaves(one, path), leaves(other, path)
    for place in first.keys() | second.keys():
        if first.get(place, _ABSENT) != second.get(place, _ABSENT):
            yield place


def leaves(value: Any, path: str) -> dict[str, Any]:
    """The scalars of a JSON value, and its empty lists, by their paths."""
    match value:
        case dict():
            steps = {f"{path}.{name}" if path else name: item for name, item in value.items()}
        case list() if value:
            steps = {f"{path}[{_name(item, at)}]": item for at, item in enumerate(value)}
        case _:
            return {path: value}
    return {
        leaf: found for step, item in steps.items() for leaf, found in leaves(item, step).items()
    }


def _name(item: Any, at: int) -> str:
    return str(item.get("name", at)) if isinstance(item, dict) else str(at)


def covers(reported: str, leaf: str) -> bool:
    """Whether a path that was reported is that of a leaf, or of something that it is in."""
    return leaf == reported or leaf.startswith((f"{reported}.", f"{reported}["))
