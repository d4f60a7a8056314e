"""Someone with rights in the directory who meddles with a local cloud: not the application."""

import json
import time
from pathlib import Path
from typing import Any, Final

from localcloud.identity.tokens import Tokens, identity_of
from tests.end_to_end.cloud import Answer, Cloud
from tests.fakes import HUBS

OBJECT_ID: Final = "99999999-9999-4999-8999-999999999999"
AUDIENCE: Final = "https://management.azure.com"


class Rogue:
    """An administrator who goes around the application."""

    def __init__(self, cloud: Cloud) -> None:
        """Get a token of one's own."""
        self._cloud = cloud
        tokens = Tokens(Path(cloud.ready["ca"]).parents[1] / "identity")
        identity = identity_of(str(HUBS.directory_id), OBJECT_ID)
        self._token, _ = tokens.issue(identity, AUDIENCE, time.time())

    def write(self, method: str, path: str, api_version: str, body: Any = None) -> Answer:
        """Write something.

        Raises:
            AssertionError: Azure refuses it.
        """
        url = f"{self._cloud.ready['arm']}{path}?api-version={api_version}"
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "authorization": f"Bearer {self._token}",
            "content-type": "application/json",
        }
        answer = self._cloud.send(method, url, data, headers)
        assert answer.status < 300, answer.body
        return answer
