"""An HTTPS webhook on this machine, in a thread of its own."""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Webhook:
    """What it got, and how it answers a handshake.

    Attributes:
        answers: Whether it answers with the code; otherwise with nothing.
        status: Of every answer.
    """

    answers: bool = True
    status: int = 200
    url: str = ""
    got: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        """The events that came with a header `aeg-event-type`."""
        return [event for found, event in self.got if found == kind]

    def take(self, kind: str, body: Any) -> bytes:
        """Note a post; the answer's body."""
        event = body[0] if isinstance(body, list) else body
        self.got.append((kind, event))
        if kind != "SubscriptionValidation" or not self.answers:
            return b""
        return json.dumps({"validationResponse": event["data"]["validationCode"]}).encode()


@contextlib.contextmanager
def webhook(certificate: Path) -> Iterator[Webhook]:
    """Run one with a certificate of the local authority's."""
    made = Webhook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take a post."""
            size = int(self.headers["content-length"])
            body = json.loads(self.rfile.read(size))
            answer = made.take(self.headers["aeg-event-type"], body)
            self.send_response(made.status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"https://localhost:{server.server_address[1]}/hook?code=hush"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)
