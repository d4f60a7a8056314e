"""The demo follows an onboarding and tells the truth about its end."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from localcloud.demo.__main__ import Demo, onboard
from localcloud.demo.client import ApiError
from tests.localcloud.demo.fake_cloud import (
    GROUP,
    NETWORK,
    FakeCloud,
    operation,
    resource,
    serving,
)

RUNNING = operation(
    "running",
    [
        resource("group", GROUP, "done"),
        resource("network", NETWORK, "running", wait={"cause": "being created", "until": None}),
    ],
)
SUCCEEDED = operation(
    "succeeded", [resource("group", GROUP, "done"), resource("network", NETWORK, "done")]
)
IN_ARM: list[dict[str, Any]] = [
    {"id": GROUP.upper()},
    {"id": NETWORK, "properties": {"addressSpace": {"addressPrefixes": ["10.16.0.0/24"]}}},
]


def show(cloud: FakeCloud, directory: Path, *, terminal: bool = False) -> tuple[int, str]:
    """Onboard on the fake; returns the exit code and what was shown."""
    shown = StringIO()
    console = Console(file=shown, width=120, force_terminal=terminal, color_system=None)
    demo = Demo(request=directory / "request.yaml", state=directory, port_offset=None, speed=60)
    with serving(cloud, directory) as endpoints:
        code = onboard(demo, console, endpoints, b"tenantId: contoso")
    return code, shown.getvalue()


def test_an_onboarding_ends_with_the_tree_of_what_was_created(tmp_path: Path) -> None:
    """Each resource stands below its resource group, with what tells most about it."""
    cloud = FakeCloud("active", [(200, RUNNING), (200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    code, shown = show(cloud, tmp_path)
    assert code == 0
    assert cloud.received == [b"tenantId: contoso"]
    assert "contoso is active after 3.0 s" in shown
    assert "rg-contoso" in shown
    assert "10.16.0.0/24  1.5 s" in shown
    assert "Critical path 3.0 s\n  rg-contoso 1.5 s > vnet-contoso 1.5 s" in shown
    assert "holds 2 resources in all, 2 of them in the tenant's subscription" in shown
    assert (tmp_path / "arm-requests.jsonl").read_bytes()


def test_without_a_terminal_each_change_is_one_line(tmp_path: Path) -> None:
    """A build server's log reads like a story."""
    cloud = FakeCloud("active", [(200, RUNNING), (200, RUNNING), (200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    _, shown = show(cloud, tmp_path)
    assert shown.count("3. Spoke network: running\n") == 1
    assert shown.count("   vnet-contoso: virtualNetworks, waiting: being created\n") == 1
    assert shown.count("   vnet-contoso: done 1.5 s\n") == 1
    assert "3. Spoke network: done 2.9 s\n" in shown
    assert "\x1b" not in shown


def test_on_a_terminal_the_steps_are_drawn(tmp_path: Path) -> None:
    """The last picture shows every step as done."""
    cloud = FakeCloud("active", [(200, RUNNING), (200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    code, shown = show(cloud, tmp_path, terminal=True)
    assert code == 0
    assert "3. Spoke network" in shown
    assert "2 of 2 resources" in shown


def test_a_resource_that_arm_does_not_have_fails_the_demo(tmp_path: Path) -> None:
    """What the application says is checked, not believed."""
    cloud = FakeCloud("active", [(200, SUCCEEDED)])
    cloud.holds(IN_ARM[0])
    code, shown = show(cloud, tmp_path)
    assert code == 1
    assert f"Resource Manager does not have {NETWORK}" in shown.replace("\n", "")


def test_a_tenant_that_does_not_become_active_fails_with_the_reason(tmp_path: Path) -> None:
    """And with what to do about it."""
    over = operation(
        "compensated",
        [resource("group", GROUP, "undone")],
        reason="RequestDisallowedByPolicy: require-tags",
        hint="add the tag owner",
    )
    cloud = FakeCloud("failed", [(200, over)])
    cloud.answers["/api/tenants/contoso"] = [
        (200, {"tenantId": "contoso", "state": "failed", "hub": None, "addressRange": None})
    ]
    code, shown = show(cloud, tmp_path)
    assert code == 1
    assert "contoso is failed: the operation compensated" in shown
    assert "RequestDisallowedByPolicy: require-tags" in shown
    assert "add the tag owner" in shown


def test_a_host_that_starts_again_does_not_end_the_demo(tmp_path: Path) -> None:
    """Server errors in between are waited out."""
    cloud = FakeCloud("active", [(200, RUNNING), (503, {}), (503, {}), (200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    assert show(cloud, tmp_path)[0] == 0


def test_a_refused_request_shows_every_fault(tmp_path: Path) -> None:
    """The problem document in words."""
    cloud = FakeCloud("active", [(200, SUCCEEDED)])
    errors = [
        {"path": "region", "message": "no hub there"},
        {"path": "owner", "message": "missing"},
    ]
    problem = {"title": "Invalid request", "status": 400, "errors": errors}
    cloud.answers["/api/tenants"] = [(400, problem)]
    with pytest.raises(ApiError) as refused:
        show(cloud, tmp_path)
    assert str(refused.value) == (
        "HTTP 400: Invalid request\n  region: no hub there\n  owner: missing"
    )
