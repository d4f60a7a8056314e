"""A local cloud for the end-to-end tests, driven from outside like any user would."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from localcloud.supervisor.ports import free_offset
from tests.mentions import mentions

ROOT = Path(__file__).resolve().parents[2]
SETTLED = frozenset({"active", "failed"})
_LANES = 40


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Cloud:
    """A running local cloud.

    Attributes:
        ready: What it printed when it was ready.
        process: The supervisor.
    """

    def __init__(self, ready: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
        """Take over a cloud that is ready."""
        self.ready = ready
        self.process = process
        self._exchanges: list[dict[str, Any]] = []
        self._tls = ssl.create_default_context(cafile=ready["ca"])

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        who: str = "platform",
        **headers: str,
    ) -> Answer:
        """Call the application as a development principal; as nobody where `who` is empty."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            given["authorization"] = f"Bearer {self.ready['principals'][who]['token']}"
        return self.send(method, self.ready["functions"] + path, body, given)

    @property
    def state(self) -> Path:
        """Its state directory."""
        return Path(self.ready["state"])

    def arm(self, path: str, body: Any = None, method: str = "") -> Answer:
        """Call a control route of ARM."""
        data = None if body is None else json.dumps(body).encode()
        given = {"content-type": "application/json"}
        return self.send(
            method or ("GET" if data is None else "POST"), self.ready["arm"] + path, data, given
        )

    def read(self, resource_id: str, api_version: str, token: str) -> dict[str, Any] | None:
        """What ARM answers for a resource; None where there is none."""
        url = f"{self.ready['arm']}{resource_id}?api-version={api_version}"
        answer = self.send("GET", url, None, {"authorization": f"Bearer {token}"})
        assert answer.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}, answer.body
        return answer.json() if answer.status == HTTPStatus.OK else None

    def get_json(self, url: str) -> Any:
        """What a control route of any part answers."""
        return self.send("GET", url, None, {}).json()

    def send(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Call any part of the cloud."""
        request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310
        tls = self._tls if url.startswith("https") else None
        try:
            with urllib.request.urlopen(request, context=tls, timeout=60) as found:  # noqa: S310
                return Answer(found.status, found.read(), _lower(found.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), _lower(error.headers))

    def post(self, document: dict[str, Any]) -> Answer:
        """Ask for a tenant."""
        text = yaml.safe_dump(document).encode()
        return self.call("POST", "/api/tenants", text, content_type="application/yaml")

    def is_up(self) -> bool:
        """Whether the application and ARM answer."""
        try:
            health = self.call("GET", "/api/health").status
            return health == self.arm("/_local/health").status == HTTPStatus.OK
        except OSError:
            return False

    def tenant(self, tenant_id: str) -> dict[str, Any]:
        """A tenant; an empty one while the application is being restarted."""
        try:
            answer = self.call("GET", f"/api/tenants/{tenant_id}")
        except OSError:
            return {}
        found: dict[str, Any] = answer.json() if answer.status == 200 else {}
        return found

    def decide(
        self, tenant: dict[str, Any], decision: str = "approve", who: str = "approver"
    ) -> Answer:
        """Decide upon what a tenant waits for."""
        told = {"decision": decision, "reason": "seen", "operationId": tenant["operationId"]}
        path = f"/api/tenants/{tenant['tenantId']}/approval"
        return self.call("POST", path, json.dumps(told).encode(), who=who)

    def approve(self, tenant: dict[str, Any]) -> bool:
        """Approve what a tenant waits for, if it waits; False where that is not done."""
        if tenant.get("state") != "awaiting-approval":
            return False
        try:
            return self.decide(tenant).status == HTTPStatus.OK
        except OSError:
            return False

    def settled(self, tenant_id: str, seconds: float = 60.0) -> dict[str, Any]:
        """The tenant once it is active or has failed; it is approved where it waits for that."""

        def is_settled() -> dict[str, Any] | None:
            found = self.tenant(tenant_id)
            self.approve(found)
            return found if found.get("state") in SETTLED and self._has_ended(found) else None

        return wait_for(is_settled, f"tenant {tenant_id} to settle", seconds)

    def _has_ended(self, tenant: dict[str, Any]) -> bool:
        """Whether the tenant's operation says its end, too: the tenant says it first."""
        try:
            answer = self.call("GET", tenant["links"]["operation"])
        except OSError:
            return False
        return answer.status == HTTPStatus.OK and answer.json()["state"] != "running"

    def resources(self) -> list[dict[str, Any]]:
        """Everything that ARM holds."""
        found: list[dict[str, Any]] = self.arm("/_local/resources").json()
        return found

    def of_tenant(self, tenant_id: str) -> Counter[str]:
        """Ids of all that ARM holds for a tenant, with how often each is there."""
        held = self.resources()
        ids = [str(item["id"]) for item in held]
        own = {
            str(item["properties"]["subscriptionId"])
            for item in held
            if str(item["id"]).endswith(f"/spokewright-{tenant_id}")
        }
        return Counter(
            one
            for one in ids
            if mentions(one, tenant_id) or any(subscription in one for subscription in own)
        )

    def requests(self) -> list[dict[str, Any]]:
        """Every exchange with ARM."""
        known = self._exchanges
        since = known[-1]["n"] if known else 0
        text = self.arm(f"/_local/requests?since={since}").body.decode()
        known.extend(json.loads(line) for line in text.splitlines())
        return list(known)

    def pids(self, part: str) -> list[int]:
        """Process ids of a part, by a word of its command line."""
        return [pid for pid in descendants(self.process.pid) if part in _command(pid)]

    def kill(self, part: str) -> bool:
        """End a part as hard as can be; False when it is not there at this moment."""
        found = self.pids(part)
        for pid in found[-1:]:
            os.kill(pid, signal.SIGKILL)
        return bool(found)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def wait_for[T](
    find: Callable[[], T | None], what: str, seconds: float = 30.0, pause: float = 0.05
) -> T:
    """What is waited for, once it is there.

    Raises:
        TimeoutError: It did not come.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(pause)
    raise TimeoutError(f"waited {seconds} s for {what}")


def descendants(pid: int) -> list[int]:
    """The processes below a process, parents first."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    found: list[int] = []
    for child in map(int, text.split()):
        found += [child, *descendants(child)]
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def some_free_offset() -> int:
    """A port offset that nobody uses; other test processes look elsewhere."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = 2_000 + 4_000 * int(worker) + 100 * (os.getpid() % _LANES)
    return free_offset(range(first, first + 2_000, 20))


@contextmanager
def running_cloud(state: Path, *, speed: float, **settings: str) -> Iterator[Cloud]:
    """A local cloud of one's own for as long as the block lasts.

    Args:
        state: Its state directory.
        speed: How many times faster than Azure.
        **settings: Settings of the application that differ.
    """
    offset = some_free_offset()
    command = [sys.executable, "-m", "localcloud", "up", "--json", "--state", str(state)]
    command += ["--port-offset", str(offset), "--speed", f"{speed:g}"]
    state.mkdir(parents=True, exist_ok=True)
    with (state / "up.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **settings},
        )
        try:
            line = process.stdout.readline() if process.stdout else b""
            assert line, (state / "up.log").read_text(encoding="utf-8")
            yield Cloud(json.loads(line), process)
        finally:
            process.terminate()
            process.wait(timeout=30)
            if process.stdout:
                process.stdout.close()


def example(name: str = "contoso-research", **changes: Any) -> dict[str, Any]:
    """An example request, with some of its top-level values changed."""
    text = (ROOT / "examples" / "tenants" / f"{name}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document | changes
