"""The log of exchanges shows everything but secrets."""

import json
from typing import Any

from localcloud.arm.journal import without_secrets
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, Live
from tests.localcloud.arm.test_services import VAULT


def test_secrets_are_hidden_wherever_they_stand() -> None:
    """Keys, passwords, addresses with codes and protected settings; nothing else is."""
    body: dict[str, Any] = {
        "properties": {
            "administratorLoginPassword": "hush",
            "configurationProtectedSettings": {"token": "hush"},
            "destination": {"properties": {"endpointUrl": "https://x?code=hush"}},
            "value": "<policies />",
        },
        "value": [{"primaryKey": "hush"}],
    }
    shown = without_secrets(body)
    assert "hush" not in str(shown)
    assert shown["properties"]["value"] == "<policies />"
    assert set(shown["properties"]) == set(body["properties"])


def test_the_value_of_a_vaults_secret_is_not_in_the_log(live: Live) -> None:
    """Neither in the request nor anywhere else."""
    assert live.call("PUT", VAULT, b.VAULT, b.vault()).status_code == 201
    secret = {"properties": {"value": "hush-hush"}}
    assert live.call("PUT", f"{VAULT}/secrets/key", b.VAULT, secret).status_code == 201
    log = live.local("GET", "requests").text
    assert "hush-hush" not in log
    assert json.loads(log.splitlines()[-1])["body"] == {"properties": {"value": "hidden"}}
    assert HUB_GROUP in log
