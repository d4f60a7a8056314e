"""What Event Grid is told: subscriptions, proofs, and where dead letters may go."""

import uuid
from typing import Any

import pytest

from localcloud.arm.dead_letters import dead_letter_place
from localcloud.arm.event_feed import all_subscriptions, note_proof, revision_of
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, HUB_SUBSCRIPTION, Arm

HOOK = b.at(HUB_SUBSCRIPTION, "Microsoft.EventGrid/eventSubscriptions", "hook")
TOPIC = b.at(HUB_GROUP, "Microsoft.EventGrid/systemTopics", "resources")
ACCOUNT = b.at(HUB_GROUP, "Microsoft.Storage/storageAccounts", "stletters")
LETTERS = f"{ACCOUNT}/blobServices/default/containers/dead-letters"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
WEBHOOK = {
    "endpointType": "WebHook",
    "properties": {"endpointUrl": "https://app.contoso.com/runtime?code=hush"},
}


def hook(**properties: Any) -> dict[str, Any]:
    """A webhook's subscription."""
    return {"properties": {"destination": WEBHOOK} | properties}


def made_here(arm: Arm) -> list[dict[str, Any]]:
    """The event subscriptions beside the one that the hub has from the beginning."""
    own = f"{HUB_GROUP}/providers/Microsoft.EventGrid/eventSubscriptions/"
    return [one for one in all_subscriptions(arm.cloud) if not one["id"].startswith(own)]


@pytest.fixture
def proving(arm: Arm) -> Arm:
    """A Resource Manager that knows of Event Grid."""
    arm.cloud.event_grid = True
    return arm


def test_a_webhook_is_provisioned_once_it_has_proved_itself(proving: Arm) -> None:
    """However long that takes; a person may have to act. Restarts change nothing."""
    assert proving.put(HOOK, hook(), b.EVENTS).status == 201
    proving.advance(5_000)
    assert proving.get(HOOK, b.EVENTS).body["properties"]["provisioningState"] == "Creating"
    (shown,) = made_here(proving)
    assert (shown["from"], shown["url"]) == (None, WEBHOOK["properties"]["endpointUrl"])  # type: ignore[index]
    proving.reopened()
    operation = proving.cloud.store.operation(shown["proof"])
    assert operation is not None
    note_proof(proving.cloud, operation, "awaiting", {})
    state = proving.get(HOOK, b.EVENTS).body["properties"]["provisioningState"]
    assert state == "AwaitingManualAction"
    note_proof(proving.cloud, operation, "succeeded", {})
    assert proving.get(HOOK, b.EVENTS).body["properties"]["provisioningState"] == "Succeeded"
    (shown,) = made_here(proving)
    assert (shown["proof"], shown["from"]) == ("", proving.cloud.store.database.last("events") - 1)


def test_a_webhook_that_does_not_prove_itself_fails_its_subscription(proving: Arm) -> None:
    """The operation says why, and the subscription never gets anything."""
    reply = proving.put(HOOK, hook(), b.EVENTS)
    (shown,) = made_here(proving)
    operation = proving.cloud.store.operation(shown["proof"])
    assert operation is not None
    note_proof(proving.cloud, operation, "failed", {"message": "it answered 404"})
    proving.advance(500)
    status = reply.headers["Azure-AsyncOperation"].partition("https://localhost")[2]
    polled = proving.get(status.partition("?")[0], b.EVENTS)
    assert polled.body["error"] == {"code": "Url validation", "message": "it answered 404"}
    (shown,) = made_here(proving)
    assert (shown["state"], shown["from"]) == ("Failed", None)


def test_a_function_needs_no_proof(proving: Arm) -> None:
    """Azure vouches for it."""
    function = proving.cloud.hub.hubs[0].resource_events
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function}}
    made = proving.made(HOOK, hook(destination=destination), b.EVENTS)
    assert made["properties"]["provisioningState"] == "Succeeded"


def test_the_revision_changes_with_the_subscriptions_only(arm: Arm) -> None:
    """Of a topic as of a scope."""
    before = revision_of(arm.cloud)
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    assert revision_of(arm.cloud) == before
    arm.made(HOOK, hook(), b.EVENTS)
    source = {"source": HUB_SUBSCRIPTION, "topicType": "Microsoft.Resources.Subscriptions"}
    arm.made(TOPIC, b.here(source) | {"location": "global"}, b.EVENTS)
    arm.made(f"{TOPIC}/eventSubscriptions/own", hook(), b.EVENTS)
    assert revision_of(arm.cloud) != before
    after = made_here(arm)
    assert {(one["source"], one["topicType"]) for one in after} == {
        (HUB_SUBSCRIPTION, "microsoft.resources.subscriptions")
    }
    arm.delete(HOOK, b.EVENTS)
    arm.advance(500)
    assert len(made_here(arm)) == 1


def with_identity(arm: Arm, *, role: str = "", **account: Any) -> str:
    """A topic's subscription that keeps dead letters as the topic's identity; its id."""
    arm.made(ACCOUNT, b.storage(**account), b.STORAGE)
    arm.made(LETTERS, {"properties": {}}, b.STORAGE)
    source = {"source": HUB_SUBSCRIPTION, "topicType": "Microsoft.Resources.Subscriptions"}
    identity = {"identity": {"type": "SystemAssigned"}, "location": "global"}
    topic = arm.made(TOPIC, b.here(source) | identity, b.EVENTS)
    arm.advance(5_000)
    if role:
        properties = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": topic["identity"]["principalId"],
            "principalType": "ServicePrincipal",
        }
        path = f"{LETTERS}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        assert arm.put(path, {"properties": properties}, "2022-04-01").status == 201
        arm.advance(5_000)
    place = b.subscribed(ACCOUNT)["properties"]["deadLetterDestination"]
    kept = {"identity": {"type": "SystemAssigned"}, "deadLetterDestination": place}
    path = f"{TOPIC}/eventSubscriptions/own"
    return str(arm.made(path, hook(deadLetterWithResourceIdentity=kept), b.EVENTS)["id"])


CLOSED: dict[str, Any] = {
    "publicNetworkAccess": "Disabled",
    "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny"},
}


def test_dead_letters_need_a_role_for_the_topics_identity(arm: Arm) -> None:
    """A trusted service passes the account's firewall then."""
    subscription = with_identity(arm, role=CONTRIBUTOR, **CLOSED)
    assert dead_letter_place(arm.cloud, subscription) == {
        "account": "stletters",
        "container": "dead-letters",
    }
    arm.delete(LETTERS, b.STORAGE)
    arm.advance(500)
    assert "container" in dead_letter_place(arm.cloud, subscription)["refused"]


def test_dead_letters_of_an_identity_without_a_role_go_nowhere(arm: Arm) -> None:
    """As in Azure."""
    subscription = with_identity(arm)
    assert "may not write" in dead_letter_place(arm.cloud, subscription)["refused"]


def test_a_firewall_that_trusts_no_service_keeps_dead_letters_out(arm: Arm) -> None:
    """Even with the role."""
    acls = {"bypass": "None", "defaultAction": "Deny"}
    subscription = with_identity(arm, role=CONTRIBUTOR, networkAcls=acls)
    assert "firewall" in dead_letter_place(arm.cloud, subscription)["refused"]


def test_without_an_identity_the_account_has_to_be_open(arm: Arm) -> None:
    """Where it is, no role is needed."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    arm.made(LETTERS, {"properties": {}}, b.STORAGE)
    made = arm.made(HOOK, b.subscribed(ACCOUNT), b.EVENTS)
    assert dead_letter_place(arm.cloud, made["id"])["account"] == "stletters"
    assert "refused" in dead_letter_place(arm.cloud, f"{HOOK}2")


def advanced(operator: str, **more: Any) -> dict[str, Any]:
    """A filter with one advanced filter."""
    return {"advancedFilters": [{"operatorType": operator, "key": "data.a"} | more]}


@pytest.mark.parametrize(
    "filters",
    [
        {"advancedFilters": [{"operatorType": "IsNotNull", "key": "id"}] * 26},
        advanced("StringIn", values=["a"] * 26),
        advanced("StringIn", values=["a" * 513]),
        advanced("StringIn", values=[]),
        advanced("StringIn"),
        advanced("NumberInRange", values=[[2, 1]]),
        advanced("NumberInRange", values=[[1, 2, 3]]),
        advanced("IsNotNull", key=" "),
        advanced("Resembles", values=["a"]),
    ],
)
def test_a_filter_beyond_azures_limits_is_refused(arm: Arm, filters: dict[str, Any]) -> None:
    """Twenty-five of each, 512 characters, and something to compare with."""
    reply = arm.put(HOOK, hook(filter=filters), b.EVENTS)
    assert (reply.status, reply.code) in {(400, "InvalidRequest"), (400, "InvalidRequestContent")}


@pytest.mark.parametrize(
    "inner",
    [
        {"maxEventsPerBatch": 5_001}, {"maxEventsPerBatch": 0},
        {"preferredBatchSizeInKilobytes": 1_025},
        {"deliveryAttributeMappings": [
            {"name": f"h{number}", "type": "Static", "properties": {"value": "v"}}
            for number in range(11)]},
        {"deliveryAttributeMappings": [
            {"name": "aeg-own", "type": "Static", "properties": {"value": "v"}}]},
        {"deliveryAttributeMappings": [
            {"name": "long", "type": "Static", "properties": {"value": "v" * 4_097}}]},
    ],
)  # fmt: skip
def test_a_delivery_beyond_azures_limits_is_refused(arm: Arm, inner: dict[str, Any]) -> None:
    """Batches and headers."""
    properties = {"endpointUrl": "https://app.contoso.com"} | inner
    destination = {"endpointType": "WebHook", "properties": properties}
    assert arm.put(HOOK, hook(destination=destination), b.EVENTS).code == "InvalidRequest"


def test_filters_of_every_kind_are_taken(arm: Arm) -> None:
    """As Azure takes them."""
    many = [
        advanced("NumberInRange", values=[[1, 2], [3, 3]]),
        advanced("IsNullOrUndefined"),
        advanced("BoolEquals", value=False),
        advanced("StringNotContains", values=["a"]),
    ]
    filters = {"advancedFilters": [one["advancedFilters"][0] for one in many]}
    made = arm.made(
        HOOK, hook(filter=filters | {"enableAdvancedFilteringOnArrays": True}), b.EVENTS
    )
    assert len(made["properties"]["filter"]["advancedFilters"]) == 4
