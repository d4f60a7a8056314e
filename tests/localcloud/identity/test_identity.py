"""The managed-identity endpoint: its protocol, its tokens and their key."""

import asyncio
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from localcloud.identity.server import Endpoint
from localcloud.identity.tokens import InvalidTokenError, Tokens, identity_of, load_or_create_key

DIRECTORY = "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01"
PRINCIPAL = "62f695ce-4188-5b4e-b0fa-995d173c2a07"
AUDIENCE = "https://management.azure.com"
RIGHT = {"X-IDENTITY-HEADER": "secret"}
QUERY = {"api-version": "2019-08-01", "resource": AUDIENCE}


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """Tokens with a new key."""
    return Tokens(tmp_path)


@pytest.fixture
async def client(tokens: Tokens) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of the endpoint."""
    endpoint = Endpoint(tokens, identity_of(DIRECTORY, PRINCIPAL), "secret")
    async with TestClient(TestServer(endpoint.application())) as made:
        yield made


async def test_a_token_has_the_claims_of_a_managed_identity(
    client: TestClient[Any, Any], tokens: Tokens
) -> None:
    """The answer and the claims are those of the App Service protocol."""
    answer = await client.get("/msi/token", params=QUERY, headers=RIGHT)
    body = await answer.json()
    assert (answer.status, body["token_type"], body["resource"]) == (200, "Bearer", AUDIENCE)
    claims = tokens.verify(body["access_token"], (AUDIENCE,), DIRECTORY)
    assert body["expires_on"] == str(claims["exp"])
    assert claims["tid"] == DIRECTORY
    assert claims["iss"] == f"https://sts.windows.net/{DIRECTORY}/"
    assert claims["oid"] == identity_of(DIRECTORY, PRINCIPAL).object_id
    assert claims["appid"] == identity_of(DIRECTORY, PRINCIPAL).client_id


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (QUERY, {}, 401),
        (QUERY, {"X-IDENTITY-HEADER": "wrong"}, 401),
        (QUERY | {"api-version": "2017-09-01"}, RIGHT, 400),
        ({"api-version": "2019-08-01"}, RIGHT, 400),
        (QUERY | {"client_id": "00000000-0000-0000-0000-000000000000"}, RIGHT, 400),
        (QUERY | {"mi_res_id": "/subscriptions/x"}, RIGHT, 400),
    ],
)
async def test_what_does_not_fit_the_protocol_is_refused(
    client: TestClient[Any, Any], query: dict[str, str], headers: dict[str, str], status: int
) -> None:
    """A wrong header is 401, anything else that is wrong 400; no token is given."""
    answer = await client.get("/msi/token", params=query, headers=headers)
    assert answer.status == status
    assert "access_token" not in await answer.json()


@pytest.mark.parametrize(
    ("audience", "directory", "age"),
    [
        ("https://vault.azure.net", DIRECTORY, 0),
        (AUDIENCE, "00000000-0000-0000-0000-000000000000", 0),
        (AUDIENCE, DIRECTORY, 100_000),
    ],
)
def test_a_token_of_another_kind_is_not_accepted(
    tokens: Tokens, audience: str, directory: str, age: int
) -> None:
    """Another audience, another directory or an old one."""
    token, _ = tokens.issue(identity_of(directory, PRINCIPAL), audience, time.time() - age)
    with pytest.raises(InvalidTokenError) as raised:
        tokens.verify(token, (AUDIENCE,), DIRECTORY)
    assert raised.value.expired is bool(age)


def test_a_token_signed_by_someone_else_is_not_accepted(tokens: Tokens, tmp_path: Path) -> None:
    """Only our key counts."""
    token, _ = Tokens(tmp_path / "other").issue(
        identity_of(DIRECTORY, PRINCIPAL), AUDIENCE, time.time()
    )
    unsigned = jwt.encode({"aud": AUDIENCE}, "", algorithm="none")
    for wrong in (token, unsigned, "a.b.c", ""):
        with pytest.raises(InvalidTokenError):
            tokens.verify(wrong, (AUDIENCE,), DIRECTORY)


def test_several_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever is first makes it, whole and for the owner's eyes only."""
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(load_or_create_key, [tmp_path / "state"] * 4))
    assert len({key.private_numbers() for key in keys}) == 1
    files = list((tmp_path / "state").iterdir())
    assert [stat.S_IMODE(one.stat().st_mode) for one in files] == [0o600]


async def test_the_process_answers_until_it_is_told_to_stop(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """It becomes ready, and SIGTERM ends it cleanly; its header is in no log."""
    command = [
        sys.executable, "-m", "localcloud.identity", "--port", str(unused_tcp_port),
        "--state", str(tmp_path), "--hub", "localcloud/hub.yaml", "--header", "hush-hush",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with ClientSession() as session:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                async with session.get(f"{url}/_local/health") as answer:
                    assert answer.status == 200
                    break
            except OSError:
                await asyncio.sleep(0)
    process.terminate()
    _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"hush-hush" not in errors
