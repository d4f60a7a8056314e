"""The three examples, onboarded at once: one tenant of each isolation tier."""

from dataclasses import dataclass
from typing import Any

from azure.mgmt.subscription import SubscriptionClient
from azure.mgmt.subscription.models import PutAliasRequest, PutAliasRequestProperties

from benchmarks.makespan import stored_plan
from landing_zone.applying import bound, outputs_of
from landing_zone.plan import Resource, Write
from tests.end_to_end.cloud import Cloud, example, wait_for

EXAMPLES = ("contoso-research", "nodepool", "cluster")
SCOPE = "https://management.azure.com/.default"
PATIENCE = 300.0


@dataclass(frozen=True)
class Onboarded:
    """A tenant that is active.

    Attributes:
        document: What was asked for.
        tenant: What the application says of it.
    """

    document: dict[str, Any]
    tenant: dict[str, Any]

    @property
    def subscription(self) -> str:
        """ARM id of its subscription."""
        return f"/subscriptions/{self.tenant['subscriptionId']}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags that all that is its own must have."""
        return {
            "tenantId": self.document["tenantId"],
            "costCenter": self.document["costCenter"],
            "application": self.document["application"],
            "environment": self.document["environment"],
            "owner": self.document["owner"]["email"],
        }


def made_by_hand(cloud: Cloud, access: dict[str, Any]) -> str:
    """A subscription that somebody else has made, to be adopted."""
    properties = PutAliasRequestProperties(
        display_name="northwind",
        workload="Production",
        billing_scope=cloud.ready["hub"]["billingScope"],
    )
    with SubscriptionClient(**access, polling_interval=0.1) as client:
        asked = PutAliasRequest(properties=properties)
        made = client.alias.begin_create("northwind-by-hand", asked).result()
    assert made.properties
    assert made.properties.subscription_id
    return str(made.properties.subscription_id)


def onboarded_at_once(cloud: Cloud, access: dict[str, Any]) -> tuple[Onboarded, ...]:
    """The examples' tenants, once all are active; the one of tier `cluster` is adopted."""
    documents = [example(name) for name in EXAMPLES]
    documents[-1]["subscription"] = {"mode": "adopt", "id": made_by_hand(cloud, access)}
    answers = [cloud.post(document) for document in documents]
    assert [answer.status for answer in answers] == [202, 202, 202], answers
    own = documents[-1]["tenantId"]
    wait_for(lambda: cloud.approve(cloud.tenant(own)), "the cluster to wait for an approver")
    tenants = [cloud.settled(document["tenantId"], PATIENCE) for document in documents]
    assert [(one["state"], one.get("reason")) for one in tenants] == [("active", None)] * 3
    return tuple(map(Onboarded, documents, tenants))


def planned(cloud: Cloud, one: Onboarded, token: str) -> list[tuple[Resource, Any]]:
    """Each resource of the plan that was applied in ARM, and what ARM holds of it now."""
    outputs: dict[str, dict[str, str]] = {}
    found: list[tuple[Resource, Any]] = []
    for item in stored_plan(cloud, one.tenant["planHash"]).resources:
        if item.write.on_data_plane:
            continue
        resource = bound(item, outputs)
        current = cloud.read(resource.id, resource.api_version, token)
        outputs[item.key] = outputs_of(resource, current or {})
        found.append((resource, current))
    return found


def is_own(resource: Resource) -> bool:
    """Whether the tenant's own plan writes the resource: not the hub's reconciler, nor nobody."""
    return resource.write is not Write.HUB and bool(resource.body)
