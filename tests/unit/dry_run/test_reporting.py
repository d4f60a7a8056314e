"""What is shown of a dry run: everything once, and no secret."""

import json
from typing import Any

import pytest

from landing_zone.differences import Difference
from landing_zone.dry_run.model import Action, Finding
from landing_zone.dry_run.reporting import DryRun, dry_run_document
from landing_zone.planning.omissions import omissions
from localcloud.arm.catalogue import TYPES
from tests.unit.planned import properties_in, reservation_for
from tests.unit.planned_whole import scope_of, wanting, whole_plan_of
from tests.unit.strategies import TIERS

REQUEST = wanting()
MADE = whole_plan_of(REQUEST)
ACTIONS = list(Action)


def document_of(*findings: Finding) -> dict[str, Any]:
    """The document of some findings."""
    return dry_run_document(
        DryRun(
            REQUEST,
            "active",
            reservation_for(REQUEST),
            reserved=True,
            plan=MADE,
            findings=findings,
            omissions=omissions(scope_of(REQUEST)),
        )
    )


def update(*found: Difference, key: str = "network") -> Finding:
    """A resource that would be updated."""
    return Finding(MADE.by_key[key], Action.UPDATE, found)


def test_each_resource_stands_in_one_part_and_is_counted_there() -> None:
    """Whatever would happen to it."""
    findings = [Finding(item, ACTIONS[at % len(ACTIONS)]) for at, item in enumerate(MADE.resources)]
    document = document_of(*findings)
    parts = [document[part] for part in ("changes", "unjudged", "unchanged")]
    shown = [one["key"] for part in parts for one in part]
    assert sorted(shown) == sorted(item.key for item in MADE.resources)
    assert document["summary"] == {
        action.value: sum(one.action is action for one in findings) for action in Action
    }
    assert json.loads(json.dumps(document)) == document


def test_what_is_left_out_of_the_plan_is_told() -> None:
    """Beside it, since nobody would see it otherwise."""
    found = [Finding(item, Action.UNCHANGED) for item in MADE.resources]
    told = document_of(*found)["omissions"]
    assert [one["what"] for one in told] == [one.what for one in omissions(scope_of(REQUEST))]


@pytest.mark.parametrize(
    "found",
    [
        Difference("properties.administratorLoginPassword", "hush", None),
        Difference("properties.password", "hush", "hush"),
        Difference("properties.primaryKey.old", "hush", None),
        Difference("properties.items[0].connectionString", "hush", None),
        Difference("properties.configurationProtectedSettings", {"token": "hush"}, None),
        Difference("properties", None, {"inner": [{"SecondaryKey": "hush"}]}),
        Difference("properties.destination", {"properties": {"endpointUrl": "hush"}}, "none"),
    ],
    ids=str,
)
def test_secret_is_never_shown(found: Difference) -> None:
    """Neither what is there nor what is wanted, at whatever depth; that it changes is told."""
    document = document_of(update(found))
    assert document["changes"][0]["properties"] == [{"property": found.path, "hidden": True}]
    assert "hush" not in json.dumps(document)


def test_value_of_a_vaults_secret_is_never_shown() -> None:
    """Its property bears a name that others bear, too."""
    secret = document_of(update(Difference("value", "hush", "hush"), key="secret:api-key"))
    policy = document_of(update(Difference("properties.value", "<a/>", "<b/>"), key="api-policy"))
    assert "hush" not in json.dumps(secret)
    assert policy["changes"][0]["properties"] == [
        {"property": "properties.value", "from": "<b/>", "to": "<a/>"}
    ]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("database", ["cosmos", "postgresql"])
def test_no_plan_holds_what_azure_never_shows(tier: str, database: str) -> None:
    """It would differ for ever: each dry run would name it, and each application write it."""
    data = {"storage": True, "database": database, "vectorIndex": "dedicated"}
    found = [
        (item.key, name)
        for item in whole_plan_of(wanting(tier, data=data)).resources
        if not item.write.on_data_plane and item.type.lower() in TYPES
        for name, _ in properties_in(item.body)
        if name in TYPES[item.type.lower()].secrets
    ]
    assert found == []
