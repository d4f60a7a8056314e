"""Someone with rights in the directory who meddles with a local cloud: not the application."""

import json
from pathlib import Path
from typing import Any

from localcloud.demo.rogue import OBJECT_ID, rogue_token
from tests.end_to_end.cloud import Answer, Cloud
from tests.fakes import HUBS

__all__ = ["OBJECT_ID", "Rogue"]


class Rogue:
    """An administrator who goes around the application."""

    def __init__(self, cloud: Cloud) -> None:
        """Get a token of one's own."""
        self._cloud = cloud
        state = Path(cloud.ready["ca"]).parents[1] / "identity"
        self._token = rogue_token(state, str(HUBS.directory_id))

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
