"""The demo follows an onboarding and tells the truth about its end."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from localcloud.demo.__main__ import Demo
from localcloud.demo.__main__ import show as show_demo
from localcloud.demo.asking import Asked
from tests.localcloud.demo.fake_cloud import (
    GROUP,
    NETWORK,
    FakeCloud,
    FakeQueues,
    document,
    operation,
    resource,
    serving,
)

STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stcontoso"
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


def show(
    cloud: FakeCloud,
    directory: Path,
    *tenants: str,
    terminal: bool = False,
    full: bool = False,
    queues: FakeQueues | None = None,
) -> tuple[int, str]:
    """Onboard on the fake; returns the exit code and what was shown."""
    shown = StringIO()
    console = Console(file=shown, width=120, height=40, force_terminal=terminal, color_system=None)
    demo = Demo(requests=(), state=directory, port_offset=None, speed=60, full=full)
    asked = [
        Asked(directory / f"{name}.yaml", document(name), name, tier="namespace")
        for name in tenants or ["contoso"]
    ]
    with serving(cloud, directory) as endpoints:
        code = show_demo(demo, console, endpoints, asked, queues or FakeQueues(cloud))
    return code, shown.getvalue()


def with_storage(*access: str) -> FakeCloud:
    """A cloud whose tenant has an account that is closed at first, and then as given."""
    done = [resource("group", GROUP, "done"), resource("storage", STORAGE, "done")]
    cloud = FakeCloud("active", [(200, operation("succeeded", done))])
    cloud.answers["/_local/resources"] = [
        (200, [{"id": GROUP}, {"id": STORAGE, "properties": {"publicNetworkAccess": one}}])
        for one in ("Disabled", *access)
    ]
    return cloud


def three_tenants() -> FakeCloud:
    """A cloud on which three tenants are onboarded."""
    cloud = FakeCloud("active", [(200, RUNNING), (200, SUCCEEDED)])
    cloud.onboards("fabrikam", "active", [(200, RUNNING), (200, SUCCEEDED)])
    cloud.onboards("northwind", "active", [(200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    return cloud


def test_an_onboarding_ends_with_what_was_created(tmp_path: Path) -> None:
    """On one screen, with what tells most about each resource."""
    cloud = FakeCloud("active", [(200, RUNNING), (200, SUCCEEDED)])
    cloud.holds(*IN_ARM)
    queues = FakeQueues(cloud)
    code, shown = show(cloud, tmp_path, queues=queues)
    assert code == 0
    assert queues.sent == {"demo-1-contoso": b"tenantId: contoso"}
    assert re.search(r"  Told over Service Bus: accepted after .* s, active after .* s\.", shown)
    assert "contoso (namespace) is active after 3.0 s" in shown
    assert "rg-contoso  resource group" in shown
    assert "vnet-contoso  network  10.16.0.0/24" in shown
    assert "  Critical path 3.0 s: rg-contoso 1.5 s > vnet-contoso 1.5 s" in shown
    assert "holds 2 resources in all, 2 of them in the tenant's subscription" in shown
    assert "1 calls, 1 of them writes; 0 writes to the hub's firewall served one" in shown
    assert (tmp_path / "arm-requests.jsonl").read_bytes()


def test_the_full_tree_shows_each_resource_with_its_time(tmp_path: Path) -> None:
    """For whoever asks for it, of every tenant."""
    cloud = three_tenants()
    _, shown = show(cloud, tmp_path, "contoso", "fabrikam", full=True)
    assert shown.count("virtualNetworks  10.16.0.0/24  1.5 s") == 2


def test_several_are_onboarded_at_once_and_each_is_told_of(tmp_path: Path) -> None:
    """Each line of a log begins with its tenant; the tree is the first one's."""
    code, shown = show(three_tenants(), tmp_path, "contoso", "fabrikam", "northwind")
    assert code == 0
    assert shown.count("contoso    3. Spoke network: running\n") == 1
    assert shown.count("fabrikam   3. Spoke network: running\n") == 1
    assert shown.count("northwind  3. Spoke network: done 2.9 s\n") == 1
    for name in ("contoso", "fabrikam", "northwind"):
        assert f"{name} (namespace) is active after 3.0 s" in shown
    assert shown.count("vnet-contoso  network  10.16.0.0/24") == 1
    assert "2 of them in the tenants' subscriptions" in shown
    assert "served all 3 tenants" in shown


def test_on_a_terminal_several_stand_side_by_side(tmp_path: Path) -> None:
    """The last picture has a column for each, and all of it done."""
    code, shown = show(three_tenants(), tmp_path, "contoso", "fabrikam", "northwind", terminal=True)
    assert code == 0
    last = shown[shown.rindex("1. Request") :]
    total = next(line for line in last.splitlines() if "all of it" in line)
    assert total.count("2/2") == 3


def test_one_that_is_refused_does_not_hide_the_others(tmp_path: Path) -> None:
    """It is told with every fault, and fails the demo; the others go on."""
    cloud = three_tenants()
    faults = [
        {"path": "region", "message": "no hub there"},
        {"path": "owner", "message": "missing"},
    ]
    problem = {"title": "Invalid request", "status": 400, "errors": faults}
    cloud.replies[document("contoso")] = [{"outcome": "rejected", "problem": problem}]
    code, shown = show(cloud, tmp_path, "contoso", "fabrikam")
    assert code == 1
    assert "contoso   Invalid request\n" in shown
    assert "contoso was not onboarded:\n  Invalid request" in shown
    assert "  region: no hub there" in shown
    assert "  owner: missing" in shown
    assert re.search(r"  Told over Service Bus: rejected after .* s\.", shown)
    assert "fabrikam (namespace) is active after 3.0 s" in shown


def test_a_duplicate_is_followed_and_waits_for_no_other_result(tmp_path: Path) -> None:
    """Nothing more is told of it."""
    cloud = three_tenants()
    duplicate = {"outcome": "duplicate", "tenantId": "contoso", "operationId": "op-1"}
    cloud.replies[document("contoso")] = [duplicate]
    code, shown = show(cloud, tmp_path)
    assert code == 0
    assert re.search(r"  Told over Service Bus: duplicate after [\d.]+ s\.", shown)


def test_results_that_cannot_be_received_fail_the_demo(tmp_path: Path) -> None:
    """Nobody waits for them in vain."""
    cloud = three_tenants()
    queues = FakeQueues(cloud)
    queues.trouble = OSError("the broker is gone")
    code, shown = show(cloud, tmp_path, queues=queues)
    assert code == 1
    assert "onboarding-results cannot be read: the broker is gone" in shown


def test_what_a_rogue_breaks_is_watched_until_it_is_repaired(tmp_path: Path) -> None:
    """After the onboarding; what there is no ground for is left out, with the reason."""
    cloud = with_storage("Enabled", "Disabled")
    code, shown = show(cloud, tmp_path)
    assert code == 0
    assert f"opened storage to the internet (contoso: {STORAGE.rpartition('/')[2]})\n" in shown
    assert "of Azure's time" in shown
    assert "\nRepaired 1 of 1, each seen in Resource Manager itself" in shown
    assert "left out: peered two spokes (it takes two spokes)" in shown
    body = {"properties": {"publicNetworkAccess": "Enabled"}}
    assert cloud.written == [("PATCH", STORAGE, body)]


def test_what_a_rogue_may_not_do_fails_the_demo(tmp_path: Path) -> None:
    """Then nothing was shown."""
    cloud = with_storage("Disabled")
    cloud.writes["PATCH", STORAGE] = (403, {})
    code, shown = show(cloud, tmp_path, terminal=True)
    assert code == 1
    assert "Repaired 0 of 1." in shown
    assert "refused: opened storage to the internet" in shown


def test_one_that_fails_does_not_hide_the_others(tmp_path: Path) -> None:
    """What has become active is shown, and what has not with its reason."""
    cloud = three_tenants()
    over = operation("compensated", [resource("group", GROUP, "undone")], reason="QuotaExceeded")
    cloud.onboards("adatum", "failed", [(200, over)])
    code, shown = show(cloud, tmp_path, "adatum", "fabrikam", terminal=True)
    assert code == 1
    assert "adatum is failed: the operation compensated" in shown
    assert "QuotaExceeded" in shown
    assert "fabrikam (namespace) is active after 3.0 s" in shown


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
