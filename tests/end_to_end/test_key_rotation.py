"""A caller reads its key from the vault and calls on, while the key is rotated twice."""

import json
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Cloud, example, wait_for

TENANT = "rotating-one"
CHAT = "/gateway/apim-hub-weu/ai/deployments/gpt-5-mini/chat/completions"
VAULT_RESOURCE = "https://vault.azure.net"
VAULT_VERSION = "7.6"
ENOUGH = 3
"""Calls in a row after which a key is taken to be in use."""


class Caller:
    """A workload of the tenant: it reads its key from the vault before each call, again and again.

    Attributes:
        answers: Status of each call, with the key that it was made with.
    """

    def __init__(self, cloud: Cloud, vault: str) -> None:
        self.answers: list[tuple[int, str]] = []
        self._cloud = cloud
        self._vault = vault
        self._tls = ssl.create_default_context(cafile=cloud.ready["ca"])
        self._token = self._new_token()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Call on, in a thread of its own, for as long as the block lasts."""
        stop = threading.Event()

        def call_on() -> None:
            while not stop.is_set():
                key = self.secret()["value"]
                self.answers.append((self.call(key), key))

        thread = threading.Thread(target=call_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def uses(self, key: str) -> bool:
        """Whether the last calls were made with a key."""
        last = [known for _, known in self.answers[-ENOUGH:]]
        return last == [key] * ENOUGH

    def secret(self) -> dict[str, Any]:
        """The current version of the tenant's secret."""
        url = f"{self._cloud.ready['data']}/vaults/{self._vault}/secrets/api-key"
        query = f"?api-version={VAULT_VERSION}"
        status, body = self._send(url + query, {"Authorization": f"Bearer {self._token}"})
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def call(self, key: str) -> int:
        """One call through the gateway; the status of its answer."""
        headers = {"Ocp-Apim-Subscription-Key": key, "x-tenant-id": "somebody-else"}
        status, body = self._send(self._cloud.ready["data"] + CHAT, headers)
        if status == 200:
            assert json.loads(body)["headers"] == {"x-tenant-id": TENANT}
        return status

    def _new_token(self) -> str:
        query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": VAULT_RESOURCE})
        headers = {"X-IDENTITY-HEADER": self._cloud.ready["identityHeader"]}
        status, body = self._send(f"{self._cloud.ready['identityEndpoint']}?{query}", headers)
        assert status == 200, body
        return str(json.loads(body)["access_token"])

    def _send(self, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        tls = self._tls if url.startswith("https") else None
        try:
            with urllib.request.urlopen(request, context=tls, timeout=60) as found:  # noqa: S310
                return int(found.status), found.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@pytest.fixture
def caller(cloud: Cloud) -> Caller:
    """A caller of a tenant that was onboarded just now."""
    cloud.post(example(tenantId=TENANT, api={"auth": "key"}))
    tenant = cloud.settled(TENANT)
    assert tenant["state"] == "active", tenant
    vaults = [
        str(item["name"])
        for item in cloud.resources()
        if item["type"] == "Microsoft.KeyVault/vaults" and tenant["subscriptionId"] in item["id"]
    ]
    assert len(vaults) == 1
    return Caller(cloud, vaults[0])


def shown(cloud: Cloud) -> dict[str, Any]:
    """What is shown of the key."""
    found: dict[str, Any] = cloud.call("GET", f"/api/tenants/{TENANT}/rotate-key").json()
    return found


def rotated(cloud: Cloud, number: int, query: str = "") -> dict[str, Any]:
    """What is shown once a rotation that was asked for is over."""
    answer = cloud.call("POST", f"/api/tenants/{TENANT}/rotate-key{query}")
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"/api/tenants/{TENANT}/rotate-key"

    def over() -> dict[str, Any] | None:
        found = shown(cloud)
        done = found["state"] == "resting" and found["asked"] is None
        return found if done and found["rotations"] == number else None

    return wait_for(over, f"rotation {number}", 60)


def stored(state: str) -> Iterator[bytes]:
    """All that the application's storage and the durable engine keep."""
    for part in ("azurite", "functions"):
        for path in (Path(state) / part).rglob("*"):
            if path.is_file():
                yield path.read_bytes()


def test_no_call_fails_while_the_key_is_rotated(cloud: Cloud, caller: Caller) -> None:
    """Two rotations: who reads the vault is never refused, an old key until its turn comes."""
    keys = [caller.secret()["value"]]
    with caller.calling():
        first = rotated(cloud, 1)
        keys.append(caller.secret()["value"])
        wait_for(lambda: caller.uses(keys[-1]), "the caller to use the second key")
        # Who still holds the key of before is let in, until the turn comes to it.
        assert caller.call(keys[0]) == 200
        second = rotated(cloud, 2)
        keys.append(caller.secret()["value"])
        wait_for(lambda: caller.uses(keys[-1]), "the caller to use the third key")
        assert [caller.call(key) for key in keys] == [401, 200, 200]
    assert {status for status, _ in caller.answers} == {200}
    assert list(dict.fromkeys(key for _, key in caller.answers)) == keys
    assert (first["key"], second["key"]) == ("secondary", "primary")
    # After a leak, neither of the keys that anyone has been given is of use any more.
    rotated(cloud, 3, "?full=true&graceMinutes=0")
    keys.append(caller.secret()["value"])
    assert [caller.call(key) for key in keys] == [401, 401, 401, 200]
    assert_nothing_is_told(cloud, keys)
    actions = [record.entry.action for record in assert_audit_verifies(cloud, TENANT)]
    assert [action for action in actions if action.startswith("key.")] == [
        "key.rotate",
        "key.rotate",
        "key.rotate",
        "key.retire",
    ]


def assert_nothing_is_told(cloud: Cloud, keys: list[str]) -> None:
    """No value of a key is kept in a history, a record, the audit chain or a log."""
    found = list(stored(cloud.ready["state"]))
    assert any(TENANT.encode() in content for content in found)
    assert not [key for key in keys for content in found if key.encode() in content]
    log = json.dumps(cloud.requests())
    assert TENANT in log
    assert not [key for key in keys if key in log]
