"""HTTP functions: routing, keys, bodies and failures, as the real host answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.localcloud.functions_host.harness import HostProcess


def test_a_request_arrives_with_route_values_query_and_body(host: HostProcess) -> None:
    """Route values are strings, and empty query values are dropped."""
    seen = host.call("POST", "/api/echo/abc/7?x=1&y=", body=b"12345", headers={"X-Test": "t"}).json
    assert seen == {
        "route": {"kind": "abc", "id": "7"},
        "query": {"x": "1"},
        "header": "t",
        "size": 5,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/echo/123"),  # not alpha
        ("GET", "/api/echo/abc/x"),  # not int
        ("GET", "/api/echo/abc/1/2"),
        ("PUT", "/api/echo/abc"),
        ("GET", "/api/nothing"),
        ("GET", "/echo/abc"),
    ],
)
def test_what_matches_no_function_is_not_found(host: HostProcess, method: str, path: str) -> None:
    """Constraint, length, method and prefix all have to match."""
    assert host.call(method, path).status == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/open", None, 200),
        ("/api/echo/abc", None, 401),
        ("/api/echo/abc", "wrong", 401),
        ("/api/echo/abc", "durable", 401),
        ("/api/echo/abc", "default", 200),
        ("/api/echo/abc", "master", 200),
        ("/api/guarded", "default", 401),
        ("/api/guarded", "master", 200),
        ("/admin/host/status", None, 401),
        ("/admin/host/status", "default", 401),
        ("/admin/host/status", "master", 200),
        ("/admin/host/ping", None, 200),
        ("/runtime/webhooks/durabletask/instances", None, 401),
        ("/runtime/webhooks/durabletask/instances", "default", 401),
        ("/runtime/webhooks/durabletask/instances", "durable", 200),
        ("/runtime/webhooks/durabletask/instances", "master", 200),
    ],
)
def test_a_key_opens_its_level_and_no_other(
    host: HostProcess, path: str, key: str | None, status: int
) -> None:
    """Anonymous, function and admin level, and the durable system key."""
    assert host.call("GET", path, key=key).status == status


def test_a_key_may_come_in_the_query(host: HostProcess) -> None:
    """``code`` serves like the header."""
    code = host.keys()["functionKeys"]["default"]
    assert host.call("GET", f"/api/echo/abc?code={code}", key=None).status == 200


def test_an_exception_is_a_500_that_tells_nothing(host: HostProcess) -> None:
    """The trace goes to the log, not to the caller."""
    answer = host.call("GET", "/api/broken")
    assert (answer.status, answer.body) == (500, b"")
    assert "a secret detail" in host.wait_for_line("broken failed")


def test_what_the_app_logs_names_function_and_invocation(host: HostProcess) -> None:
    """Both logging and print reach the host's log."""
    host.call("GET", "/api/open")
    assert "[open_door " in host.wait_for_line("someone is at the door")
    assert "[open_door " in host.wait_for_line("printed line")


def test_no_key_is_written_to_the_log(host: HostProcess) -> None:
    """Not even the one in a URL that a function logs."""
    code = host.keys()["functionKeys"]["default"]
    host.call("GET", f"/api/echo/log/1?code={code}", key=None)
    host.wait_for_line("asked for http")
    assert not [key for key in (code, host.keys()["masterKey"]) if key in host.log()]


def test_a_large_body_passes_and_a_larger_one_is_refused(host: HostProcess) -> None:
    """Azure admits 100 MiB."""
    assert host.call("POST", "/api/echo/abc", body=b"x" * 20_000_000).json["size"] == 20_000_000
    declared = {"content-length": str(100 * 1024 * 1024 + 1)}
    assert host.call("POST", "/api/echo/abc", body=b"", headers=declared).status == 413


def test_cookies_headers_and_empty_answers_pass(host: HostProcess) -> None:
    """A response keeps its status, headers and cookies."""
    answer = host.call("GET", "/api/cookie")
    assert answer.status == 204
    assert answer.headers["x-own"] == "yes"
    assert "session=abc" in answer.headers["set-cookie"]
