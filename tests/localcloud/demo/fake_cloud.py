"""A fake of the API, of the local ARM and of the queues, for the demo to talk to."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

from localcloud.certificates import local_certificates
from localcloud.demo.cloud import Endpoints
from localcloud.demo.models import Result

TOKEN = "ey.ey.x"  # noqa: S105 - of nobody
APPROVER = "ey.ey.a"
DIRECTORY = "00000000-0000-4000-8000-0000000000d1"
HUB = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/rg-hub"
SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-contoso"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-contoso"
Answer = tuple[int, Any]


def resource(key: str, resource_id: str, state: str, **more: Any) -> dict[str, Any]:
    """A resource of an operation document."""
    done = state == "done"
    return {
        "key": key,
        "type": "Microsoft.Network/virtualNetworks",
        "id": resource_id,
        "name": resource_id.rpartition("/")[2],
        "state": state,
        "startedAt": "2026-01-01T00:00:00+00:00",
        "finishedAt": "2026-01-01T00:00:01.500000+00:00" if done else None,
        "attempts": 1,
        "wait": None,
        **more,
    }


def operation(state: str, resources: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An operation document with one step under way."""
    done = all(item["state"] == "done" for item in resources)
    return {
        "operationId": "op-1",
        "tenantId": "contoso",
        "kind": "onboard",
        "state": state,
        "startedAt": "2026-01-01T00:00:00+00:00",
        "seconds": 3.0 if state != "running" else None,
        "criticalPath": {"keys": [item["key"] for item in resources], "seconds": 3.0},
        "steps": [
            {"number": 1, "name": "Request", "state": "done", "seconds": 0.1, "resources": []},
            {
                "number": 3,
                "name": "Spoke network",
                "state": "done" if done else "running",
                "startedAt": "2026-01-01T00:00:00+00:00",
                "seconds": 2.9 if done else None,
                "resources": list(resources),
            },
        ],
        **more,
    }


def document(tenant_id: str) -> bytes:
    """What stands for the request of a tenant."""
    return f"tenantId: {tenant_id}".encode()


class FakeCloud:
    """Answers of the API, in turn; the last one of a path is repeated.

    Attributes:
        answers: For each path, what it answers.
        written: Methods, paths and bodies of the writes to ARM.
        writes: For the method and path of a write: its status and the headers of its answer.
        replies: What a document that is sent comes to: the result, and what ends it, if anything.
    """

    def __init__(self, tenant_state: str, operations: Sequence[Answer]) -> None:
        write = {"method": "PUT", "url": "https://localhost/subscriptions/s?", "status": 201}
        self.answers: dict[str, list[Answer]] = {
            "/_local/requests": [(200, write)],
            "/_local/resources": [(200, [])],
        }
        self.written: list[tuple[str, str, Any]] = []
        self.writes: dict[tuple[str, str], tuple[int, dict[str, str]]] = {}
        self.replies: dict[bytes, list[dict[str, Any]]] = {}
        self.onboards("contoso", tenant_state, operations)

    def onboards(self, tenant_id: str, state: str, operations: Sequence[Answer]) -> None:
        """Let there be an onboarding of a tenant: the answers while it lasts, and its end."""
        number = len(self.replies) + 1
        known = {"tenantId": tenant_id, "operationId": f"op-{number}"}
        tenant = {
            "tenantId": tenant_id,
            "state": state,
            "hub": "hub-weu",
            "isolation": "namespace",
            "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
            "addressRange": f"10.16.{number - 1}.0/24",
        }
        self.replies[document(tenant_id)] = [
            {"outcome": "accepted", **known},
            {"outcome": "active" if state == "active" else "failed", **known},
        ]
        self.answers[f"/api/tenants/{tenant_id}"] = [(200, tenant)]
        self.answers[f"/api/operations/op-{number}"] = list(operations)

    def holds(self, *bodies: dict[str, Any]) -> None:
        """Let Resource Manager have these."""
        self.answers["/_local/resources"] = [(200, list(bodies))]

    def answer(self, path: str) -> Answer:
        """The next answer of a path."""
        queue = self.answers[path]
        return queue.pop(0) if len(queue) > 1 else queue[0]


class FakeQueues:
    """Answers each document that is sent as the cloud has it.

    Attributes:
        sent: The documents, by correlation id.
        trouble: What receiving fails with.
    """

    def __init__(self, cloud: FakeCloud) -> None:
        self.sent: dict[str, bytes] = {}
        self.trouble: Exception | None = None
        self._cloud = cloud
        self._results: SimpleQueue[Result] = SimpleQueue()

    def send(self, documents: Mapping[str, bytes]) -> None:
        """Take documents, and tell at once what comes of them."""
        self.sent |= documents
        for correlation, body in documents.items():
            for reply in self._cloud.replies[body]:
                self._results.put(Result.model_validate(reply | {"correlationId": correlation}))

    def receive(self, deliver: Callable[[Result], None], left: Event) -> None:
        """Deliver what there is to tell."""
        if self.trouble:
            raise self.trouble
        while not left.is_set():
            with suppress(Empty):
                deliver(self._results.get(timeout=0.05))


class Handler(BaseHTTPRequestHandler):
    """Answers as a cloud has it.

    Attributes:
        cloud: Which.
    """

    cloud: FakeCloud

    def do_GET(self) -> None:
        """What there is to be read."""
        is_api = self.path.startswith("/api")
        wanted = APPROVER if self.path.endswith("/approval") else TOKEN
        if is_api and self.headers["authorization"] != f"Bearer {wanted}":
            self._send(401, {})
            return
        self._send(*self.cloud.answer(self.path.partition("?")[0]))

    def do_POST(self) -> None:
        """A decision of the approver."""
        assert self.headers["authorization"] == f"Bearer {APPROVER}"
        self._write()

    def do_PUT(self) -> None:
        """A write."""
        self._write()

    def do_PATCH(self) -> None:
        """A write."""
        self._write()

    def do_DELETE(self) -> None:
        """A write."""
        self._write()

    def _write(self) -> None:
        length = int(self.headers["content-length"] or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0]
        assert self.headers["authorization"].startswith("Bearer ")
        self.cloud.written.append((self.command, path, body))
        status, headers = self.cloud.writes.get((self.command, path), (200, {}))
        self._send(status, {}, headers)

    def _send(
        self, status: int, document: Any, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Be quiet."""


@contextmanager
def serving(cloud: FakeCloud, directory: Path) -> Iterator[Endpoints]:
    """Serve the fake, the API over HTTP and ARM over TLS."""

    class Own(Handler):
        pass

    Own.cloud = cloud
    certificates = local_certificates(directory / "ca")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server)
    api = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    arm = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    arm.socket = tls.wrap_socket(arm.socket, server_side=True)
    threads = [Thread(target=server.serve_forever, args=(0.01,)) for server in (api, arm)]
    for thread in threads:
        thread.start()
    try:
        yield Endpoints(
            functions=f"http://127.0.0.1:{api.server_port}",
            token=TOKEN,
            approver=APPROVER,
            arm=f"https://localhost:{arm.server_port}",
            ca=certificates.ca,
            service_bus="",
            directory_id=DIRECTORY,
            identity_state=directory / "identity",
            hub=HUB,
        )
    finally:
        for server in (api, arm):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
