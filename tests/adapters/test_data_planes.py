"""Key Vault, AI Search and API keys over HTTP: what is sent, and what each answer means to us."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from azure_adapters.api_keys import ArmApiKeys
from azure_adapters.search_indexes import AiSearchIndexes
from azure_adapters.vault_secrets import KeyVaultSecrets
from landing_zone.errors import PermanentError, TemporaryError
from tests.adapters.arm_server import TOKEN, Answer, ArmServer, FakeCredential, running_arm
from tests.adapters.conftest import Arm

SCOPE = "https://arm/.default"
HUSH = "hush-hush-hush"
SECRET = "/vaults/kv-t/secrets/api-key?api-version=7.6"  # noqa: S105 - a path
INDEX = "/search/srch-t/indexes/tenant-t?api-version=2025-09-01"
SUBSCRIPTION = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/subscriptions/t"
)


@dataclass(frozen=True)
class Planes:
    """The adapters, and the server that they talk to."""

    vaults: KeyVaultSecrets
    indexes: AiSearchIndexes
    server: ArmServer
    credential: FakeCredential


@pytest.fixture
async def planes() -> AsyncIterator[Planes]:
    """Adapters that talk to a scripted server."""
    credential = FakeCredential()
    async with running_arm() as server:
        vaults = KeyVaultSecrets(f"{server.url}/vaults/{{name}}", SCOPE, credential)
        indexes = AiSearchIndexes(f"{server.url}/search/{{name}}", SCOPE, credential)
        yield Planes(vaults, indexes, server, credential)
        await vaults.close()
        await indexes.close()


def refusal(code: str, inner: str = "", message: str = "no") -> dict[str, Any]:
    """A body that refuses."""
    error: dict[str, Any] = {"code": code, "message": message}
    return {"error": error | ({"innererror": {"code": inner}} if inner else {})}


async def test_secret_is_read_with_its_tags(planes: Planes) -> None:
    """From its vault's own URL, with a token."""
    planes.server.script(Answer(body={"value": HUSH, "id": "x", "tags": {"key": "primary"}}))
    found = await planes.vaults.get("kv-t", "api-key")
    assert found is not None
    assert (found.value.get_secret_value(), found.tags) == (HUSH, {"key": "primary"})
    asked = planes.server.asked[0]
    assert (asked.method, asked.path) == ("GET", SECRET)
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"


async def test_secret_without_tags_has_none(planes: Planes) -> None:
    """Key Vault leaves them out."""
    planes.server.script(Answer(body={"value": HUSH}))
    found = await planes.vaults.get("kv-t", "api-key")
    assert found is not None
    assert found.tags == {}


async def test_secret_that_is_not_there_is_none(planes: Planes) -> None:
    """But a 404 of anything else is no answer about the secret."""
    planes.server.script(Answer(404, refusal("SecretNotFound")), Answer(404, "<html>"))
    assert await planes.vaults.get("kv-t", "api-key") is None
    with pytest.raises(PermanentError, match="Http404"):
        await planes.vaults.get("kv-t", "api-key")


async def test_answer_without_a_value_is_not_taken_for_no_secret(planes: Planes) -> None:
    """It would be written anew."""
    planes.server.script(Answer(body={"id": "x"}), Answer(body="<html>"))
    for _ in range(2):
        with pytest.raises(TemporaryError, match="UnreadableAnswer"):
            await planes.vaults.get("kv-t", "api-key")


async def test_secret_is_written_with_its_tags(planes: Planes) -> None:
    """As a new version."""
    planes.server.script(Answer(body={"value": HUSH}))
    await planes.vaults.put("kv-t", "api-key", SecretStr(HUSH), {"key": "primary"})
    asked = planes.server.asked[0]
    assert (asked.method, asked.path) == ("PUT", SECRET)
    assert asked.body == {"value": HUSH, "tags": {"key": "primary"}}


REFUSALS = [
    (403, refusal("Forbidden", "ForbiddenByRbac"), TemporaryError, "ForbiddenByRbac"),
    (403, refusal("Forbidden", "ForbiddenByConnection"), TemporaryError, "ForbiddenByConnection"),
    (403, refusal("Forbidden", "SecretDisabled"), PermanentError, "SecretDisabled"),
    (403, refusal("", "", "Authorization failed."), TemporaryError, "DataAccessForbidden"),
    (403, None, TemporaryError, "DataAccessForbidden"),
    (401, None, TemporaryError, "Unauthorized"),
    (409, refusal("Conflict", "ObjectIsBeingDeleted"), TemporaryError, "ObjectIsBeingDeleted"),
    (
        409,
        refusal("Conflict", "ObjectIsDeletedButRecoverable"),
        PermanentError,
        "ObjectIsDeletedButRecoverable",
    ),
    (400, refusal("BadParameter"), PermanentError, "BadParameter"),
    (429, refusal("Throttled"), TemporaryError, "Throttled"),
    (500, "<html>", TemporaryError, "Http500"),
    (302, None, PermanentError, "Http302"),
    (400, refusal(HUSH), PermanentError, "Http400"),
    (400, {"error": HUSH}, PermanentError, "Http400"),
]


@pytest.mark.parametrize(("status", "body", "family", "code"), REFUSALS)
async def test_refusal_has_the_narrowest_code(
    planes: Planes, status: int, body: Any, family: type[Exception], code: str
) -> None:
    """A role or a record that is new is waited for, a mistake is not."""
    writes: tuple[Callable[[], Awaitable[None]], ...] = (
        lambda: planes.vaults.put("kv-t", "api-key", SecretStr("x"), {}),
        lambda: planes.indexes.put("srch-t", "tenant-t", {}),
    )
    for write in writes:
        planes.server.script(Answer(status, body))
        with pytest.raises(family) as caught:
            await write()
        assert isinstance(caught.value, PermanentError | TemporaryError)
        assert caught.value.code == code


async def test_wait_that_is_asked_for_is_kept(planes: Planes) -> None:
    """Key Vault limits each vault."""
    planes.server.script(Answer(429, refusal("Throttled"), {"Retry-After": "7"}))
    with pytest.raises(TemporaryError) as caught:
        await planes.vaults.get("kv-t", "api-key")
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, refusal(HUSH, HUSH, f"the value {HUSH} is wrong")),
        Answer(500, f"<html>{HUSH}"),
        Answer(0),
        Answer(-1),
    ],
)
async def test_no_error_tells_a_secret(planes: Planes, answer: Answer) -> None:
    """Not even where a service, or something before it, repeats what was sent."""
    planes.server.script(answer)
    with pytest.raises((PermanentError, TemporaryError)) as caught:
        await planes.vaults.put("kv-t", "api-key", SecretStr(HUSH), {})
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert HUSH not in shown


async def test_index_is_written_by_its_name(planes: Planes) -> None:
    """With the header that the service's description asks for."""
    planes.server.script(Answer(201, {"name": "tenant-t"}))
    await planes.indexes.put("srch-t", "tenant-t", {"fields": []})
    asked = planes.server.asked[0]
    assert (asked.method, asked.path) == ("PUT", INDEX)
    assert asked.body == {"name": "tenant-t", "fields": []}
    assert asked.headers["Prefer"] == "return=representation"


async def test_index_is_read_and_absent_ones_are_none(planes: Planes) -> None:
    """The service gives that refusal no code."""
    planes.server.script(Answer(body={"name": "tenant-t"}), Answer(404, refusal("")))
    assert await planes.indexes.get("srch-t", "tenant-t") == {"name": "tenant-t"}
    assert await planes.indexes.get("srch-t", "tenant-t") is None
    planes.server.script(Answer(body="<html>"))
    with pytest.raises(TemporaryError, match="UnreadableAnswer"):
        await planes.indexes.get("srch-t", "tenant-t")


async def test_index_is_removed_once_or_twice(planes: Planes) -> None:
    """One that is gone is removed already; a refusal is none."""
    planes.server.script(Answer(204), Answer(404), Answer(403))
    for _ in range(2):
        await planes.indexes.delete("srch-t", "tenant-t")
    with pytest.raises(TemporaryError, match="DataAccessForbidden"):
        await planes.indexes.delete("srch-t", "tenant-t")
    assert [asked.method for asked in planes.server.asked] == ["DELETE"] * 3


async def test_no_token_is_temporary(planes: Planes) -> None:
    """The identity endpoint may be down."""
    planes.credential.broken = True
    with pytest.raises(TemporaryError, match="AuthenticationFailed"):
        await planes.vaults.get("kv-t", "api-key")


async def test_both_keys_are_read_by_arms_action(arm: Arm) -> None:
    """As secrets from the first moment on."""
    arm.server.script(Answer(body={"primaryKey": HUSH, "secondaryKey": "two"}))
    keys = await ArmApiKeys(arm.adapter).read(SUBSCRIPTION)
    assert {name: key.get_secret_value() for name, key in keys.items()} == {
        "primary": HUSH,
        "secondary": "two",
    }
    assert HUSH not in repr(keys)
    asked = arm.server.asked[0]
    assert (asked.method, asked.body) == ("POST", None)
    assert asked.path == f"{SUBSCRIPTION}/listSecrets?api-version=2024-05-01"


@pytest.mark.parametrize(
    "body", [None, {"primaryKey": HUSH}, {"primaryKey": "", "secondaryKey": ""}]
)
async def test_half_of_the_keys_is_no_answer(arm: Arm, body: Any) -> None:
    """Nor is what holds none."""
    arm.server.script(Answer(body=body))
    with pytest.raises(TemporaryError, match="both keys") as caught:
        await ArmApiKeys(arm.adapter).read(SUBSCRIPTION)
    assert HUSH not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "action"),
    [("primary", "regeneratePrimaryKey"), ("secondary", "regenerateSecondaryKey")],
)
async def test_one_key_is_made_anew(arm: Arm, key: Any, action: str) -> None:
    """The other one goes on working."""
    arm.server.script(Answer(204))
    await ArmApiKeys(arm.adapter).regenerate(SUBSCRIPTION, key)
    assert arm.server.asked[0].path == f"{SUBSCRIPTION}/{action}?api-version=2024-05-01"
