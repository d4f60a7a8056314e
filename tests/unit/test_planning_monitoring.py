"""What happens in a spoke is seen: diagnostics, events, cost."""

from datetime import date

from hypothesis import given, settings

from landing_zone.graph import ancestors
from landing_zone.planning.monitoring import DIAGNOSTICS
from landing_zone.planning.omissions import omissions
from tests.fakes import example_request
from tests.unit.planned import HUB
from tests.unit.planned_whole import (
    Planned,
    bound_resources,
    of_type,
    scope_of,
    wanting,
    whole_plan_of,
    whole_plans,
)
from tests.unit.strategies import TIERS

SETTINGS = "Microsoft.Insights/diagnosticSettings"
WORKSPACE = HUB.resource_id("Microsoft.OperationalInsights/workspaces", "log-hub-weu")


@given(whole_plans())
@settings(max_examples=20)
def test_everything_that_has_diagnostics_sends_them_to_the_hub(drawn: Planned) -> None:
    """Once each, and the subscription its activity log."""
    made = drawn[1]
    watched = {item.id.partition(f"/providers/{SETTINGS}")[0] for item in of_type(made, SETTINGS)}
    wanted = {made.by_key["subscription-tags"].id.partition("/providers/")[0]}
    for item in made.resources:
        if item.type in DIAGNOSTICS and not item.id.startswith(HUB.resource_group_id):
            blobs = item.type == "Microsoft.Storage/storageAccounts"
            wanted.add(f"{item.id}/blobServices/default" if blobs else item.id)
    assert watched == wanted
    for item in of_type(made, SETTINGS):
        properties = item.body["properties"]
        assert properties["workspaceId"] == WORKSPACE
        assert all(log["enabled"] for log in properties["logs"])
        assert properties["logs"]


@given(whole_plans())
@settings(max_examples=20)
def test_events_of_the_subscription_reach_the_handler_or_the_dead_letters(drawn: Planned) -> None:
    """The topic's own identity writes what could not be delivered."""
    made = drawn[1]
    topic = made.by_key["event-topic"].body
    assert topic["properties"]["topicType"] == "Microsoft.Resources.Subscriptions"
    (taken,) = of_type(made, "Microsoft.EventGrid/systemTopics/eventSubscriptions")
    properties = taken.body["properties"]
    assert properties["destination"]["properties"]["resourceId"] == HUB.resource_events
    dead = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
    container = made.by_key["container:dead-letters"]
    assert container.id.startswith(f"{dead['resourceId']}/")
    assert container.name == dead["blobContainerName"]
    above = ancestors(made.graph)[taken.key]
    assert {"event-topic", "role:events:dead-letters", container.key} <= above


@given(whole_plans())
@settings(max_examples=20)
def test_cost_is_exported_daily_to_the_records(drawn: Planned) -> None:
    """As FOCUS, from the day after the reservation, by the export's own identity."""
    made = drawn[1]
    export = made.by_key["cost-export"]
    properties = export.body["properties"]
    assert properties["definition"]["type"] == "FocusCost"
    schedule = properties["schedule"]
    first = date.fromisoformat(schedule["recurrencePeriod"]["from"][:10])
    assert (schedule["recurrence"], first) == ("Daily", date(2026, 3, 15))
    target = properties["deliveryInfo"]["destination"]
    assert target["resourceId"] == made.by_key["records"].id
    assert "sasToken" not in target
    assert made.by_key["role:cost-export"].id.startswith(made.by_key["container:cost"].id)


def test_hub_that_names_no_handler_is_told_of() -> None:
    """The topic is there and waits; that nothing is delivered is not passed over."""
    request = wanting("nodepool")
    silent = HUB.model_copy(update={"resource_events": None})
    made = whole_plan_of(request, silent)
    assert "event-topic" in made.by_key
    assert "event-subscription" not in made.by_key
    (told,) = omissions(scope_of(request, silent))
    assert "resourceEvents" in told.why


def test_whatever_a_request_asks_and_no_plan_holds_is_told_of() -> None:
    """Nothing is promised in silence."""
    assert [omissions(scope_of(wanting(tier))) for tier in TIERS] == [(), (), ()]
    data = {"storage": True, "database": "postgresql", "vectorIndex": "shared"}
    safety = {"ai": {"safety": {"redactPii": True}}}
    told = omissions(scope_of(example_request(data=data, **safety)))
    assert [omission.what.split()[1] for omission in told] == ["workload's", "and"]


def test_cluster_sends_its_audit_but_not_every_read() -> None:
    """The whole audit of an API server costs more than the nodes."""
    made = whole_plan_of(wanting("cluster")).by_key["diagnostics:cluster"]
    names = [log["category"] for log in made.body["properties"]["logs"]]
    assert "kube-audit-admin" in names
    assert "kube-audit" not in names


def test_records_are_nobodys_but_the_platforms() -> None:
    """No group of the tenant has a role where they are."""
    for item in bound_resources(whole_plan_of(wanting())):
        if item.type.endswith("roleAssignments") and "-operations/" in item.id:
            assert item.body["properties"]["principalType"] == "ServicePrincipal"
