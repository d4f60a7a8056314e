"""A fake of the HTTP API and of the local ARM's control routes, for the demo to talk to."""

import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from localcloud.certificates import local_certificates
from localcloud.demo.cloud import Endpoints

KEY = "function-key"
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
        received: Bodies of the requests that were posted.
        replies: What is answered to a posted body instead.
    """

    def __init__(self, tenant_state: str, operations: Sequence[Answer]) -> None:
        write = {"method": "PUT", "url": "https://localhost/subscriptions/s?", "status": 201}
        self.answers: dict[str, list[Answer]] = {
            "/_local/requests": [(200, write)],
            "/_local/resources": [(200, [])],
        }
        self.received: list[bytes] = []
        self.replies: dict[bytes, Answer] = {}
        self.onboards("contoso", tenant_state, operations)

    def onboards(self, tenant_id: str, state: str, operations: Sequence[Answer]) -> None:
        """Let there be an onboarding of a tenant: the answers while it lasts, and its end."""
        number = len(self.replies) + 1
        accepted = {"tenantId": tenant_id, "state": "requested", "operationId": f"op-{number}"}
        tenant = {
            "tenantId": tenant_id,
            "state": state,
            "hub": "hub-weu",
            "isolation": "namespace",
            "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
            "addressRange": f"10.16.{number - 1}.0/24",
        }
        self.replies[document(tenant_id)] = (202, accepted)
        self.answers[f"/api/tenants/{tenant_id}"] = [(200, tenant)]
        self.answers[f"/api/operations/op-{number}"] = list(operations)

    def holds(self, *bodies: dict[str, Any]) -> None:
        """Let Resource Manager have these."""
        self.answers["/_local/resources"] = [(200, list(bodies))]

    def answer(self, path: str) -> Answer:
        """The next answer of a path."""
        queue = self.answers[path]
        return queue.pop(0) if len(queue) > 1 else queue[0]


@contextmanager
def serving(cloud: FakeCloud, directory: Path) -> Iterator[Endpoints]:
    """Serve the fake, the API over HTTP and ARM over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_api = self.path.startswith("/api")
            if is_api and self.headers["x-functions-key"] != KEY:
                self._send(401, {})
                return
            self._send(*cloud.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            cloud.received.append(body)
            self._send(*cloud.replies[body])

        def _send(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Be quiet."""

    certificates = local_certificates(directory / "ca")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server)
    api = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    arm = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    arm.socket = tls.wrap_socket(arm.socket, server_side=True)
    threads = [Thread(target=server.serve_forever, args=(0.01,)) for server in (api, arm)]
    for thread in threads:
        thread.start()
    try:
        yield Endpoints(
            functions=f"http://127.0.0.1:{api.server_port}",
            function_key=KEY,
            arm=f"https://localhost:{arm.server_port}",
            ca=certificates.ca,
        )
    finally:
        for server in (api, arm):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
