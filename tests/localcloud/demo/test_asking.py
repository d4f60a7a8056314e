"""What the demo knows of a request before it is sent, and of the calls after it."""

import json
from pathlib import Path

import pytest

from localcloud.demo.__main__ import REQUESTS, main, parse
from localcloud.demo.asking import read
from localcloud.demo.traffic import Traffic, traffic

POLICY = "https://localhost/subscriptions/s/providers/Microsoft.Network/firewallPolicies/p"
GROUPS = "https://localhost/subscriptions/s/providers/Microsoft.Network/ipGroups"


def test_by_default_there_is_one_tenant_of_each_tier() -> None:
    """All of what the landing zone can do, at once."""
    asked = [read(path) for path in parse([]).requests]
    assert [request.tier for request in asked] == ["namespace", "nodepool", "cluster"]
    assert len({request.name for request in asked}) == len(REQUESTS)


def test_requests_may_be_chosen() -> None:
    """One or several."""
    first, second = map(str, REQUESTS[:2])
    assert parse(["--request", first]).requests == REQUESTS[:1]
    assert parse(["--request", first, "--request", second]).requests == REQUESTS[:2]


def test_what_is_no_request_is_called_by_its_file(tmp_path: Path) -> None:
    """The application says what is wrong with it; its column needs a name before."""
    path = tmp_path / "broken.yaml"
    path.write_text("tenantId: [")
    asked = read(path)
    assert (asked.name, asked.tier, asked.document) == ("broken", "", b"tenantId: [")


def test_one_missing_file_among_several_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything starts."""
    with pytest.raises(SystemExit) as ended:
        main(["--request", str(REQUESTS[0]), "--request", "none.yaml"])
    assert ended.value.code == 2
    assert "there is no file none.yaml" in capsys.readouterr().err


def test_calls_and_firewall_writes_are_counted() -> None:
    """A write that was refused, or whose connection broke, has not reached the firewall."""
    exchanges = [
        ("GET", f"{POLICY}/ruleCollectionGroups/a?api-version=1", 200),
        ("PUT", f"{POLICY}/ruleCollectionGroups/a?api-version=1", 201),
        ("PUT", f"{POLICY}/ruleCollectionGroups/a?api-version=1", 409),
        ("PUT", f"{POLICY}/ruleCollectionGroups/a?api-version=1", None),
        ("DELETE", f"{GROUPS}/g?api-version=1", 202),
        ("PUT", "https://localhost/subscriptions/s/resourceGroups/g?api-version=1", 201),
    ]
    lines = (json.dumps({"method": m, "url": url, "status": s}) for m, url, s in exchanges)
    assert traffic("\n".join(lines).encode()) == Traffic(calls=6, writes=5, firewall_writes=2)
