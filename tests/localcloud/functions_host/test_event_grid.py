"""Event Grid functions: the webhook's handshakes, events in both schemas, and what it refuses."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent

from localcloud.functions_host.keys import EVENT_GRID_SYSTEM_KEY, load_keys
from localcloud.functions_host.triggers.event_posts import BadPostError, read_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localcloud.functions_host.harness import Answer, HostProcess

HOOK = "/runtime/webhooks/EventGrid"
MEGABYTE = 1024 * 1024


def post(
    host: HostProcess,
    body: Any,
    function: str = "on_event",
    kind: str = "Notification",
    *,
    media: str = "application/json; charset=utf-8",
    **options: Any,
) -> Answer:
    """Post to a function's webhook as Event Grid does."""
    headers = {"aeg-event-type": kind, "content-type": media}
    options = {"key": "events"} | options
    return host.call(
        "POST", f"{HOOK}?functionName={function}", body=body, headers=headers, **options
    )


def seen(host: HostProcess, event_id: str) -> list[Any]:
    """What the functions noted of an event."""
    path = host.ledger.with_name(f"{host.ledger.name}.events")
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in map(json.loads, lines) if line[1] == event_id]


def event(**data: Any) -> dict[str, Any]:
    """An event, made by the genuine model and written as Event Grid writes it."""
    made = EventGridEvent(
        id=str(uuid.uuid4()), subject="/s", event_type="Test.Thing", data=data, data_version="2"
    )
    return {
        "id": str(made.id),
        "subject": made.subject,
        "eventType": made.event_type,
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": made.data_version,
        "data": made.data,
    }


def cloud_event() -> dict[str, Any]:
    """A CloudEvent, made by the genuine model and written as Event Grid writes it."""
    made = CloudEvent(source="/source", type="Test.Cloud", data={"a": 1})
    return {
        "specversion": made.specversion,
        "id": made.id,
        "source": made.source,
        "type": made.type,
        "data": made.data,
    }


def test_each_event_of_a_post_is_one_invocation(host: HostProcess) -> None:
    """An array is answered with 202 once every function has ended."""
    events = [event(number=number) for number in range(100)]
    assert post(host, events).status == 202
    for number, sent in enumerate(events):
        assert seen(host, sent["id"]) == [
            ["event", sent["id"], "/s", "Test.Thing", {"number": number}]
        ]


def test_one_event_needs_no_array(host: HostProcess) -> None:
    """Nor does the case of the header's value matter."""
    sent = event(a="é")
    assert post(host, sent, kind="notification").status == 202
    assert len(seen(host, sent["id"])) == 1


@pytest.mark.parametrize("batch", [False, True])
def test_cloud_events_are_known_by_their_version(host: HostProcess, batch: bool) -> None:
    """One alone, or a batch."""
    sent = cloud_event()
    media = f"application/cloudevents{'-batch' if batch else ''}+json; charset=utf-8"
    assert post(host, [sent] if batch else sent, "on_cloud_event", media=media).status == 202
    assert seen(host, sent["id"]) == [["cloud", sent["id"], "/source", "Test.Cloud", {"a": 1}]]


def test_one_failure_fails_the_post_after_all_have_run(host: HostProcess) -> None:
    """Event Grid then sends all of them again; the trace stays in the log."""
    events = [event(fail=True), event()]
    answer = post(host, events)
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert len(seen(host, events[1]["id"])) == 1
    assert "a secret detail" in host.wait_for_line("on_event failed")


def test_a_handshake_is_answered_with_its_code(host: HostProcess) -> None:
    """In the Event Grid schema, and in a CloudEvent whose data is a JSON text."""
    for body in (
        [event(validationCode="c-1", validationUrl="https://localhost/validate")],
        {"data": json.dumps({"validationCode": "c-1"})},
    ):
        answer = post(host, body, kind="SubscriptionValidation")
        assert (answer.status, answer.json) == (200, {"validationResponse": "c-1"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("eventgrid.azure.cn", "eventgrid.azure.cn"), ("evil.example", "eventgrid.azure.net")],
)
def test_cloud_events_are_agreed_to_for_event_grid_only(
    host: HostProcess, origin: str, allowed: str
) -> None:
    """Whoever asks for another origin is told Event Grid's."""
    path = f"{HOOK}?functionName=on_cloud_event"
    headers = {"WebHook-Request-Origin": origin}
    answer = host.call("OPTIONS", path, key="events", headers=headers)
    assert (answer.status, answer.headers["webhook-allowed-origin"]) == (200, allowed)


def test_an_unsubscription_is_taken_note_of(host: HostProcess) -> None:
    """It runs nothing."""
    assert post(host, [], kind="Unsubscribe").status == 202


@pytest.mark.parametrize("key", [None, "", "wrong", "durable", "default"])
@pytest.mark.parametrize("function", ["on_event", "nothing"])
def test_only_the_system_key_opens_the_webhook(
    host: HostProcess, key: str | None, function: str
) -> None:
    """Without it nobody learns which functions there are."""
    sent = event()
    assert post(host, [sent], function, key=key).status == 401
    assert seen(host, sent["id"]) == []


def test_the_key_may_come_in_the_query(host: HostProcess) -> None:
    """As Event Grid gives it; the path's case does not matter."""
    code = host.keys()["systemKeys"][EVENT_GRID_SYSTEM_KEY]
    path = f"{HOOK.lower()}?functionName=on_event&code={code}"
    headers = {"aeg-event-type": "Notification"}
    assert host.call("POST", path, body=[event()], key=None, headers=headers).status == 202
    host.wait_for_line(f"POST {HOOK.lower()} 202")
    assert code not in host.log()


JSON = "application/json"
MALFORMED = [
    pytest.param(b"", JSON, 400, id="nothing"),
    pytest.param(b"   ", JSON, 400, id="blank"),
    pytest.param(b"[", JSON, 400, id="cut short"),
    pytest.param(b"{'id': 1}", JSON, 400, id="not JSON"),
    pytest.param(b"[{}] [{}]", JSON, 400, id="two documents"),
    pytest.param(b"null", JSON, 400, id="null"),
    pytest.param(b"true", JSON, 400, id="a boolean"),
    pytest.param(b"17", JSON, 400, id="a number"),
    pytest.param(b'"text"', JSON, 400, id="a string"),
    pytest.param(b"[null]", JSON, 400, id="null for an event"),
    pytest.param(b"[[{}]]", JSON, 400, id="an array in an array"),
    pytest.param(b'[{"id": "1"}, 2]', JSON, 400, id="one that is no object"),
    pytest.param(b'[{"data": NaN}]', JSON, 400, id="not a number"),
    pytest.param(b'[{"data": -Infinity}]', JSON, 400, id="infinity"),
    pytest.param(b'[{"data": 1e999}]', JSON, 400, id="a number too large"),
    pytest.param(b'[{"data": ' + b"9" * 5000 + b"}]", JSON, 400, id="a number too long"),
    pytest.param(b'[{"id": "\xff\xfe"}]', JSON, 400, id="not UTF-8"),
    pytest.param('[{"id": "1"}]'.encode("utf-16"), JSON, 400, id="UTF-16"),
    pytest.param(b'[{"data": ' + b"[" * 70 + b"]" * 70 + b"}]", JSON, 400, id="deep"),
    pytest.param(b"[" * 100_000 + b"]" * 100_000, JSON, 400, id="far too deep"),
    pytest.param(b'[{"data": "' + b"x" * MEGABYTE + b'"}]', JSON, 413, id="huge"),
    pytest.param(b"[{}]", "", 415, id="no content type"),
    pytest.param(b"[{}]", "text/plain", 415, id="text"),
    pytest.param(b"<events/>", "application/xml", 415, id="XML"),
    pytest.param(b"id=1", "application/x-www-form-urlencoded", 415, id="a form"),
    pytest.param(b"[{}]", f"{JSON}; charset=utf-16", 415, id="another charset"),
    pytest.param(b"[{}]", f"{JSON}; charset=nothing", 415, id="an unknown charset"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "media", "status"), MALFORMED)
def test_a_malformed_post_is_refused_and_runs_nothing(
    host: HostProcess, body: bytes, media: str, status: int
) -> None:
    """The host goes on as before."""
    assert post(host, body, media=media).status == status
    assert host.call("GET", "/admin/host/ping", key=None).status == 200


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"[7]", b'[{"data": {}}]', b'[{"data": {"validationCode": 7}}]',
             b'{"data": "{"}', b'{"data": "null"}']
)  # fmt: skip
def test_a_malformed_handshake_is_refused(host: HostProcess, body: bytes) -> None:
    """There is no code to answer with."""
    assert post(host, body, kind="SubscriptionValidation").status == 400


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("POST", f"{HOOK}?functionName=on_event", "Rumour", 400),
        ("POST", f"{HOOK}?functionName=on_event", "", 400),
        ("GET", f"{HOOK}?functionName=on_event", "Notification", 400),
        ("DELETE", f"{HOOK}?functionName=on_event", "Notification", 400),
        ("POST", f"{HOOK}?functionName=nothing", "Notification", 404),
        ("POST", f"{HOOK}?functionName=ON_EVENT", "Notification", 404),
        ("POST", f"{HOOK}?functionName=open_door", "Notification", 404),
        ("POST", HOOK, "Notification", 404),
        ("POST", f"{HOOK}/on_event", "Notification", 404),
    ],
)
def test_a_post_to_nobody_is_refused(
    host: HostProcess, method: str, path: str, kind: str, status: int
) -> None:
    """Another method, an unknown kind, an unknown function, one of another trigger."""
    headers = {"aeg-event-type": kind} if kind else {}
    body = None if method == "GET" else [event()]
    assert host.call(method, path, body=body, key="events", headers=headers).status == status


def test_a_large_post_that_hides_its_length_is_refused_too(host: HostProcess) -> None:
    """What comes in chunks is read no further than is admitted."""
    chunks = (b" " * 65_536 for _ in range(17))
    path = f"{HOOK}?functionName=on_event"
    headers = {"aeg-event-type": "Notification", "transfer-encoding": "chunked"}
    assert host.call("POST", path, chunks=chunks, key="events", headers=headers).status == 413


def test_a_host_tells_where_its_event_functions_are(host: HostProcess) -> None:
    """In the list of functions at its start."""
    line = f"on_event: eventGridTrigger [POST] {host.base}{HOOK}?functionName=on_event (system key)"
    assert line in host.log()


def test_keys_of_an_older_host_get_the_new_one(tmp_path: Path) -> None:
    """The others stay."""
    before = load_keys(tmp_path)
    path = tmp_path / "keys.json"
    document = json.loads(path.read_text())
    del document["systemKeys"][EVENT_GRID_SYSTEM_KEY]
    path.write_text(json.dumps(document))
    after = load_keys(tmp_path)
    assert after == load_keys(tmp_path)
    assert after.durable == before.durable
    assert after.system[EVENT_GRID_SYSTEM_KEY] not in {"", before.system[EVENT_GRID_SYSTEM_KEY]}
    assert path.stat().st_mode & 0o077 == 0


def test_an_event_keeps_its_text(host: HostProcess) -> None:
    """Half of a surrogate pair arrives as it was sent; a byte order mark is no part of it."""
    assert read_events(b'\xef\xbb\xbf[{"a": "\\ud800"}]') == ['{"a": "\\ud800"}']
    with pytest.raises(BadPostError):
        read_events(b"[1]")
    assert post(host, b'[{"id": "half", "data": {"a": "\\ud800"}}]').status == 202
