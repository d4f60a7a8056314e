"""Applying what is planned on data planes: the secret with the API key, and the shared index.

Like all activities it may be run twice: what is there is read first. A secret's value does not
leave the function that read it: neither an outcome nor an error holds it.
"""

import hmac
from collections.abc import Iterable
from typing import Any

from pydantic import SecretStr

from activities.dependencies import Dependencies
from landing_zone.applying import bound
from landing_zone.contracts import Call, Outcome
from landing_zone.differences import differences
from landing_zone.plan import Resource, Write
from landing_zone.written import Written, written_over


async def begin_data(deps: Dependencies, call: Call) -> Outcome:
    """Make what is planned on a data plane, or take it back; these calls are over at once."""
    plan = await deps.documents.get_plan(call.plan_hash)
    resource = bound(plan.by_key[call.key], call.outputs)
    match resource.write, call.direction:
        case Write.SECRET, "apply":
            return await _store_key(deps, resource)
        case Write.SECRET, "undo":
            # It goes with its vault.
            return Outcome(state="done")
        case Write.INDEX, "apply":
            return await _make_index(deps, resource)
        case Write.INDEX, "undo":
            return await _remove_index(deps, resource)
        case _:
            raise ValueError(f"{resource.key} is not written on a data plane")


async def poll_data(deps: Dependencies, call: Call) -> Outcome:
    """Look again, which is the same: what is as it should be is left alone."""
    return await begin_data(deps, call)


async def _store_key(deps: Dependencies, resource: Resource) -> Outcome:
    """Put the primary key into the vault, unless a key that works is there."""
    vault, name = names_of(resource)
    keys = await deps.api_keys.read(str(resource.body["subscription"]))
    stored = await deps.vaults.get(vault, name)
    if stored is not None and is_working_key(stored.value, keys.values()):
        return Outcome(state="done")
    await deps.vaults.put(vault, name, keys["primary"], resource.body["tags"])
    written = Written(before="absent" if stored is None else "present")
    return Outcome(state="done", wrote=True, written=written)


def is_working_key(stored: SecretStr, keys: Iterable[SecretStr]) -> bool:
    """Whether a stored secret is one of the keys."""
    return any(_same(stored, key) for key in keys)


def _same(one: SecretStr, other: SecretStr) -> bool:
    return hmac.compare_digest(one.get_secret_value().encode(), other.get_secret_value().encode())


async def _make_index(deps: Dependencies, resource: Resource) -> Outcome:
    service, index = names_of(resource)
    current = await deps.indexes.get(service, index)
    if _is_as_wanted(resource, current):
        return Outcome(state="done")
    await deps.indexes.put(service, index, resource.body)
    return Outcome(state="done", wrote=True, written=written_over(resource.body, current))


def _is_as_wanted(resource: Resource, current: dict[str, Any] | None) -> bool:
    return current is not None and next(differences(resource.body, current), None) is None


async def _remove_index(deps: Dependencies, resource: Resource) -> Outcome:
    service, index = names_of(resource)
    if await deps.indexes.get(service, index) is None:
        return Outcome(state="done")
    await deps.indexes.delete(service, index)
    return Outcome(state="done", wrote=True, written=Written(before="present"))


def names_of(resource: Resource) -> tuple[str, str]:
    """The names of the service and of what is in it, from `.../{service}/{kind}/{name}`."""
    *_, service, _, name = resource.id.split("/")
    return service, name
