"""The genuine SDK's durable client, in a function, against the host's RPC endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.localcloud.functions_host.harness import HostProcess


def test_the_client_starts_and_its_links_work(host: HostProcess) -> None:
    """The check-status response carries URLs that need no further key."""
    answer = host.call("POST", "/api/client/start/c1?function=waiting")
    assert answer.status == 202
    links = answer.json
    assert answer.headers["location"] == links["statusQueryGetUri"]
    status = host.call("GET", links["statusQueryGetUri"], key=None)
    assert status.status == 202
    event_uri = links["sendEventPostUri"].replace("{eventName}", "go")
    assert host.call("POST", event_uri, body="there", key=None).status == 202
    assert host.wait_for_status("c1", "Completed")["output"] == "there"
    assert host.call("DELETE", links["purgeHistoryDeleteUri"], key=None).status == 200


def test_the_client_raises_events(host: HostProcess) -> None:
    """The SDK encodes an event's data twice, so that its JSON text arrives, as in Azure."""
    host.call("POST", "/api/client/start/c2?function=waiting")
    assert host.call("POST", "/api/client/raise/c2").status == 202
    assert host.wait_for_status("c2", "Completed")["output"] == '"went"'
    assert host.call("POST", "/api/client/raise/c2").status == 500  # the SDK's exception for 410
    assert "is gone" in host.wait_for_line("Instance with ID c2")


def test_the_client_suspends_resumes_and_terminates(host: HostProcess) -> None:
    """Custom status stays visible all the while."""
    host.call("POST", "/api/client/start/c3?function=waiting")
    assert host.wait_for_status("c3", "Running")["customStatus"] == {"waiting": "go"}
    host.call("POST", "/api/client/suspend/c3")
    host.wait_for_status("c3", "Suspended")
    host.call("POST", "/api/client/resume/c3")
    host.wait_for_status("c3", "Running")
    host.call("POST", "/api/client/terminate/c3")
    assert host.wait_for_status("c3", "Terminated")["output"] == "enough"


def test_the_client_rewinds_and_purges(host: HostProcess) -> None:
    """A failed parent is mended through its child."""
    host.call("POST", "/api/client/start/c4?function=parent_of_failing")
    failed = host.wait_for_status("c4", "Failed")
    assert "RuntimeError: not mended yet" in failed["output"]
    host.ledger.with_name("ledger.c4-child").touch()
    host.call("POST", "/api/client/rewind/c4")
    assert host.wait_for_status("c4", "Completed")["output"] == "mended"
    assert host.call("POST", "/api/client/purge/c4").body == b"1"
    assert host.call("POST", "/api/client/purge/c4").body == b"0"


def test_the_client_signals_and_reads_entities(host: HostProcess) -> None:
    """An entity that nobody signalled does not exist."""
    assert host.call("POST", "/api/client/read/e1").json == [False, None]
    host.call("POST", "/api/client/signal/e1")
    assert host.run("read_counter", "e1").json == 5
    assert host.call("POST", "/api/client/read/e1").json == [True, 5]


def test_a_running_id_is_an_error_of_the_client(host: HostProcess) -> None:
    """start_new raises with the extension's words."""
    host.call("POST", "/api/client/start/c5?function=waiting")
    host.wait_for_status("c5", "Running")
    assert host.call("POST", "/api/client/start/c5?function=waiting").status == 500
    host.wait_for_line("An Orchestration instance with the status Running already exists.")
    host.call("POST", "/api/client/terminate/c5")


def test_call_http_is_one_request(host: HostProcess) -> None:
    """Its answer is a result, whatever the status."""
    assert host.run("fetch", f"{host.base}/api/open").json == [200, "open"]
    assert host.run("fetch", f"{host.base}/api/nothing").json == [404, ""]


def test_a_fan_out_of_a_hundred_through_the_worker(host: HostProcess) -> None:
    """All results arrive, in order of the tasks."""
    assert host.run("fan_out", 100).json == sum(2 * n for n in range(100))
