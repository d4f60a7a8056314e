"""Long-running operations: their answers, their ends, and their survival."""

from hypothesis import given
from hypothesis import strategies as st

from localcloud.arm.profile import retry_headers
from localcloud.arm.state.records import Operation
from localcloud.arm.world import Cloud
from tests.localcloud.arm.conftest import GROUPS, HUB_GROUP, Arm, network_body, vnet

ZONES = f"{HUB_GROUP}/providers/Microsoft.Network/privateDnsZones"


def status_path(url: str) -> str:
    """The path of an operation's URL."""
    return url.removeprefix("https://localhost").partition("?")[0]


def test_a_write_is_updating_until_its_time_has_come(arm: Arm) -> None:
    """The operation and the resource end together, when the latency has passed."""
    network = vnet(arm.group())
    begun = arm.put(network, network_body())
    assert begun.status == 201
    assert begun.headers["Retry-After"] == "5"
    assert begun.body["properties"]["provisioningState"] == "Updating"
    status = status_path(begun.headers["Azure-AsyncOperation"])
    arm.advance(4.99)
    assert arm.get(status).body["status"] == "InProgress"
    arm.advance(0.01)
    assert arm.get(status).body["status"] == "Succeeded"
    assert arm.get(network).body["properties"]["provisioningState"] == "Succeeded"


def test_an_accepted_write_is_told_by_its_location(arm: Arm) -> None:
    """202 without a body, then 202 at the Location, and 200 in the end."""
    begun = arm.put(f"{ZONES}/a.example.net", {"location": "global"}, "2024-06-01")
    assert (begun.status, begun.body) == (202, None)
    location = status_path(begun.headers["Location"])
    assert arm.get(location, "2024-06-01").status == 202
    arm.advance(30)
    assert arm.get(location, "2024-06-01").status == 200


def test_an_operation_in_flight_survives_the_process(arm: Arm) -> None:
    """What was begun before a restart has ended after it, at its own time."""
    network = vnet(arm.group())
    status = status_path(arm.put(network, network_body()).headers["Azure-AsyncOperation"])
    restarted = arm.reopened()
    assert restarted.get(status).body["status"] == "InProgress"
    restarted.advance(5)
    assert restarted.get(status).body["status"] == "Succeeded"
    assert restarted.reopened().get(network).body["properties"]["provisioningState"] == "Succeeded"


def test_a_restart_finds_everything_as_it_was(arm: Arm) -> None:
    """Resources, their order and their ETags are the same, and nothing is seeded twice."""
    arm.made(vnet(arm.group()), network_body())
    before = [(one.id, one.etag, one.body) for one in arm.cloud.store.everything()]
    after = [(one.id, one.etag, one.body) for one in arm.reopened().cloud.store.everything()]
    assert after == before


def test_each_change_is_an_event_with_the_fields_of_event_grid(arm: Arm) -> None:
    """A write that has ended, a tag change and a delete are told, in that order."""
    network = vnet(arm.group())
    database = arm.cloud.store.database
    start = max((number for number, _ in database.log_since("events", 0, 10_000)), default=0)
    arm.made(network, network_body())
    tags = {"operation": "Merge", "properties": {"tags": {"a": "b"}}}
    arm.call("PATCH", f"{network}/providers/Microsoft.Resources/tags/default", GROUPS, tags)
    arm.delete(network)
    arm.advance(60)
    events = [event for _, event in database.log_since("events", start, 100)]
    assert [(one["eventType"], one["data"]["operationName"]) for one in events] == [
        ("Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Network/virtualNetworks/write"),
        ("Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources/tags/write"),
        ("Microsoft.Resources.ResourceDeleteSuccess", "Microsoft.Network/virtualNetworks/delete"),
    ]
    data = events[0]["data"]
    assert data["resourceUri"] == events[0]["subject"] == network
    assert data["authorization"]["action"] == "Microsoft.Network/virtualNetworks/write"
    assert {"claims", "correlationId", "status", "subscriptionId", "tenantId"} <= set(data)


def test_a_bug_in_an_outcome_fails_the_operation_and_nothing_else(arm: Arm) -> None:
    """The operation ends as Failed, what it had changed is taken back, and others go on."""
    network = vnet(arm.group())
    begun = arm.put(network, network_body())

    def broken(cloud: Cloud, operation: Operation) -> None:
        record = cloud.store.get(operation.target)
        assert record is not None
        cloud.store.remove(record)
        raise ZeroDivisionError

    outcomes = dict(arm.cloud.outcomes)
    arm.cloud.outcomes = outcomes | {"write": broken}
    arm.advance(5)
    arm.cloud.outcomes = outcomes
    status = arm.get(status_path(begun.headers["Azure-AsyncOperation"])).body
    assert (status["status"], status["error"]["code"]) == ("Failed", "InternalServerError")
    assert arm.get(network).status == 200


@given(st.floats(min_value=0.001, max_value=1000))
def test_retry_after_is_a_whole_number_of_seconds_and_never_too_early(seconds: float) -> None:
    """The header rounds up, and the milliseconds say it exactly where it does."""
    headers = retry_headers(seconds)
    assert int(headers["Retry-After"]) >= max(1.0, seconds - 1e-6)
    exact = float(headers.get("x-ms-retry-after-ms", int(headers["Retry-After"]) * 1000))
    assert abs(exact - seconds * 1000) <= 1
