"""Asking for tenants over Service Bus, on the whole local cloud."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.bus import DEAD_LETTERS, Results, client_of, lying, send, until_empty
from tests.end_to_end.checks import assert_whole
from tests.end_to_end.cloud import ROOT, Cloud, example, wait_for
from tests.malformed import MALFORMED

TENANTS = {
    "contoso-research": "bus-namespace",
    "nodepool": "bus-nodepool",
    "cluster": "bus-cluster",
}
MOST_BYTES = 200_000  # what a Service Bus of the standard tier takes, with room for headers
BAD = {f"bad {name}": body for name, (body, _) in MALFORMED.items() if len(body) < MOST_BYTES}


def document(name: str) -> bytes:
    """An example's request, for a tenant of this test's own."""
    vended = {"mode": "vend"}
    return yaml.safe_dump(example(name, tenantId=TENANTS[name], subscription=vended)).encode()


def spokewright(cloud: Cloud, *arguments: str) -> tuple[int, Any]:
    """Run the command line; its exit code, and what it answers as JSON."""
    ended = subprocess.run(
        [sys.executable, "-m", "command_line", "dead-letters", *arguments, "--json"],
        cwd=ROOT,
        env={"SPOKEWRIGHT_SERVICE_BUS": cloud.ready["serviceBus"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    return ended.returncode, json.loads(ended.stdout)


def test_three_documents_become_three_tenants_and_each_is_told(cloud: Cloud) -> None:
    """Accepted at once and active in the end; the same document again is a duplicate.

    Another document changes the tenant, and is told of like the first.
    """
    asked = {f"three {name}": document(name) for name in TENANTS}
    send(cloud, **asked)
    results = Results(cloud)
    wait_for(lambda: cloud.approve(cloud.tenant("bus-cluster")), "the cluster to wait for it")
    told = results.wait(*asked, count=2)
    assert told == {one: ["accepted", "active"] for one in asked}
    for tenant in TENANTS.values():
        assert_whole(cloud, tenant)
    again = json.dumps(example(tenantId="bus-namespace")).encode()
    other = json.dumps(example(tenantId="bus-namespace", displayName="Another name")).encode()
    send(cloud, **{"three again": again, "three other": other})
    assert results.wait("three again", count=1) == {"three again": ["duplicate"]}
    assert results.wait("three other", count=2) == {"three other": ["accepted", "active"]}
    assert cloud.settled("bus-namespace")["displayName"] == "Another name"
    until_empty(cloud, lambda one: str(one.correlation_id).startswith("three "))


def test_bad_documents_are_each_kept_with_a_reason_and_told(cloud: Cloud) -> None:
    """Nothing else comes of them; one that is corrected is sent again from the command line."""
    tenants = {one["tenantId"] for one in cloud.call("GET", "/api/tenants?top=500").json()["value"]}
    assert len(BAD) >= 25
    send(cloud, **BAD)
    results = Results(cloud)
    assert results.wait(*BAD, count=1) == {one: ["rejected"] for one in BAD}
    until_empty(cloud, lambda one: one.correlation_id in BAD)
    with client_of(cloud) as client, client.get_queue_receiver(DEAD_LETTERS) as receiver:
        kept = {one.correlation_id: one for one in lying(receiver) if one.correlation_id in BAD}
    assert {name: b"".join(one.body) for name, one in kept.items()} == BAD
    for one in kept.values():
        assert one.dead_letter_reason == "InvalidRequest"
        assert "fault" in (one.dead_letter_error_description or "")
    now = {one["tenantId"] for one in cloud.call("GET", "/api/tenants?top=500").json()["value"]}
    assert now == tenants


def test_dead_letter_is_corrected_and_sent_again(cloud: Cloud, tmp_path: Path) -> None:
    """It is answered under the correlation id that its sender knows."""
    send(cloud, mended=json.dumps(example(tenantId="Not A Label")).encode())
    results = Results(cloud)
    results.wait("mended", count=1)
    _, listed = spokewright(cloud, "list")
    [letter] = [one for one in listed["deadLetters"] if one["correlationId"] == "mended"]
    assert (letter["reason"], letter["messageId"]) == ("InvalidRequest", "id of mended")
    assert "tenantId" in letter["description"]
    corrected = tmp_path / "corrected.yaml"
    corrected.write_text(yaml.safe_dump(example(tenantId="bus-mended")), encoding="utf-8")
    code, answer = spokewright(cloud, "replay", letter["id"], "--file", str(corrected))
    assert (code, answer) == (0, {"replayed": [letter["id"]], "left": []})
    told = results.wait("mended", count=3)
    assert told == {"mended": ["rejected", "accepted", "active"]}
    assert spokewright(cloud, "show", letter["id"]) == (3, {"notFound": [letter["id"]]})
