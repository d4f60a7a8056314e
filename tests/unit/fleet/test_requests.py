"""A rollout as it is asked for: everything wrong at once."""

import json
from typing import Any

import pytest

from landing_zone.fleet.model import MOST_RINGS
from landing_zone.fleet.requests import parse_return, parse_rollout, rollout_of
from landing_zone.fleet.rings import DEFAULT_RINGS
from landing_zone.request_parsing import InvalidRequest
from tests.fakes import NOON

REST = {"name": "rest"}


def faults(document: Any) -> dict[str, str]:
    """What is wrong, by path."""
    with pytest.raises(InvalidRequest) as caught:
        parse_rollout(json.dumps(document).encode(), 3)
    return {fault.path: f"{fault.message} {fault.allowed}" for fault in caught.value.faults}


def test_nothing_asks_for_the_default() -> None:
    """The rules of this release, in the usual rings."""
    wanted = parse_rollout(b"", 3)
    made = rollout_of(wanted, 3, "person:op", NOON, None)
    assert (made.id, made.target, made.rings) == ("v3-1", 3, DEFAULT_RINGS)
    assert len(made.tallies) == len(DEFAULT_RINGS)
    following = rollout_of(wanted, 4, "person:op", NOON, made)
    assert following.id == "v4-2"


def test_all_can_be_said() -> None:
    """In the words of the documentation."""
    document = {
        "rulesVersion": 3,
        "rings": [
            {"name": "canary", "tenants": ["adatum-claims"], "bakeMinutes": 90},
            {"name": "early", "environments": ["dev", "test"], "percent": 20},
            REST,
        ],
        "atOnce": 25,
        "halt": {"failures": 0, "percent": 5},
        "allowDataLoss": ["storage"],
        "reason": " TLS 1.3 ",
    }
    made = rollout_of(parse_rollout(json.dumps(document).encode(), 3), 3, "op", NOON, None)
    canary, early, _ = made.rings
    assert (canary.tenants, canary.bake_minutes) == (("adatum-claims",), 90)
    assert (early.environments, early.percent) == (("dev", "test"), 20)
    assert (made.at_once, made.threshold.failures, made.threshold.percent) == (25, 0, 5)
    assert (made.allow_data_loss, made.reason) == (("storage",), "TLS 1.3")


def test_every_fault_is_told_at_once() -> None:
    """Each with its path."""
    found = faults(
        {
            "rings": [{"name": "A!", "percent": 0}, {"name": "rest", "bakeMinutes": -1}],
            "atOnce": 51,
            "halt": {"percent": 101},
            "parallel": 3,
            "rulesVersion": "3",
        }
    )
    assert set(found) == {
        "rings[0].name",
        "rings[0].percent",
        "rings[1].bakeMinutes",
        "atOnce",
        "halt.percent",
        "parallel",
        "rulesVersion",
    }


@pytest.mark.parametrize(
    ("rings", "path", "told"),
    [
        ([], "rings", "at least 1"),
        ([REST] * (MOST_RINGS + 1), "rings", "at most 10"),
        ([{"name": "rest", "percent": 5}, REST], "rings", "two rings of the name rest"),
        ([{"name": "a"}, REST], "rings[0]", "takes nobody"),
        ([{"name": "a", "percent": 5}], "rings[0].percent", "takes all that are left"),
        (
            [{"name": "a", "percent": 60}, {"name": "b", "percent": 41}, REST],
            "rings",
            "more than the whole",
        ),
        ([{"name": "a", "tenants": ["x", "x"]}, REST], "rings", "the tenant x twice"),
        (
            [{"name": "a", "environments": ["dev"]}, {"name": "b", "environments": ["dev"]}],
            "rings",
            "the environment dev twice",
        ),
        (
            [
                {"name": "a", "tenants": [f"t{n}" for n in range(150)]},
                {"name": "b", "tenants": [f"u{n}" for n in range(51)]},
            ],
            "rings",
            "names 201 tenants",
        ),
    ],
)
def test_rings_that_cannot_be_are_refused(rings: list[Any], path: str, told: str) -> None:
    """With what would be right."""
    assert told in faults({"rings": rings})[path]


def test_only_the_rules_of_this_release_can_be_rolled_out() -> None:
    """Other ones are not here."""
    assert "3" in faults({"rulesVersion": 4})["rulesVersion"]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"atOnce": 1, "atOnce": 2}', b"\xff"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    """Without an error of ours."""
    with pytest.raises(InvalidRequest):
        parse_rollout(body, 3)


def test_the_way_back_names_what_may_be_lost() -> None:
    """And nothing else."""
    assert parse_return(b"").allow_data_loss == []
    assert parse_return(b'{"allowDataLoss": ["storage"]}').allow_data_loss == ["storage"]
    with pytest.raises(InvalidRequest):
        parse_return(b'{"force": true}')
