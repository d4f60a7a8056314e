"""How the parts of the planning write down a resource."""

from collections.abc import Mapping
from typing import Any

from landing_zone.plan import Recovery, Resource, Step, Undo
from landing_zone.planning.scope import Scope


def provider_key(resource_type: str) -> str:
    """Key of the registration of the provider that a type belongs to."""
    namespace = resource_type.partition("/")[0]
    return f"provider:{namespace.lower().replace('.', '-')}"


def regional(
    scope: Scope,
    *,
    key: str,
    step: Step,
    kind: str,
    resource_id: str,
    api_version: str,
    group: str,
    properties: dict[str, Any],
    after: frozenset[str] = frozenset(),
    outputs: Mapping[str, str] | None = None,
    location: str = "",
    top: Mapping[str, Any] | None = None,
    recovery: Recovery | None = None,
) -> Resource:
    """A tagged resource in one of the tenant's resource groups.

    Args:
        scope: The facts.
        key: Name within the plan.
        step: The step of onboarding.
        kind: ARM type.
        resource_id: ARM id.
        api_version: The pinned api-version.
        group: Purpose of the resource group that it stands in.
        properties: Its `properties`.
        after: What it waits for beyond its group and its provider.
        outputs: What others may refer to.
        location: Where it stands, if not in the tenant's region.
        top: What stands beside `properties`: `sku`, `kind`, `identity`.
        recovery: How it is brought back, where what is deleted is kept.
    """
    where = {"location": location or scope.request.region, "tags": scope.tags}
    return Resource(
        key=key,
        step=step,
        type=kind,
        id=resource_id,
        api_version=api_version,
        body=where | dict(top or {}) | {"properties": properties},
        after=after | {f"resource-group:{group}", provider_key(kind)},
        outputs=dict(outputs or {}),
        recovery=recovery,
    )


def existing(
    *, key: str, kind: str, resource_id: str, api_version: str, **outputs: str
) -> Resource:
    """Something of the hub that is read for what it yields.

    It asks nothing of the resource, so that whatever is there is as wanted: it is neither written
    nor taken back. Where nothing is there, ARM refuses the empty body: the hub document is wrong.
    """
    return Resource(
        key=key,
        step=Step.RUNTIME_AND_DATA,
        type=kind,
        id=resource_id,
        api_version=api_version,
        body={},
        undo=Undo.KEEP,
        outputs=outputs,
    )
