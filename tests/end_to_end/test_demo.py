"""The demo as a new user runs it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from landing_zone.plan import Step
from tests.end_to_end.checks import CHECKER, assert_conforms
from tests.end_to_end.cloud import ROOT, descendants, some_free_offset, wait_for

DEMO = [sys.executable, "-m", "localcloud.demo", "--speed", "200"]


def command(folder: Path) -> list[str]:
    """The demo with a state directory and ports of its own."""
    return [*DEMO, "--state", str(folder / "state"), "--port-offset", str(some_free_offset())]


ACTS = (
    *("opened storage to the internet", "stripped all required tags", "added a public IP address"),
    *("peered two spokes", "deleted a DNS zone link", "deleted the default route"),
)


def test_the_demo_onboards_a_tenant_of_each_tier_and_repairs_what_a_rogue_breaks(
    tmp_path: Path,
) -> None:
    """Exit code 0, each step told, few firewall writes for all, and all six drifts undone."""
    done = subprocess.run(
        command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for tenant in ("contoso-research", "adatum-claims", "northwind-trading"):
        for stage in Step:
            assert f"{tenant:<17}  {stage.value}. {stage.title}: done" in done.stdout
    for tier in ("namespace", "nodepool", "cluster"):
        assert f"({tier}) is active after" in done.stdout
    assert done.stdout.count("Told over Service Bus: accepted after") == 3
    assert len(re.findall(r"accepted after [\d.]+ s, active after [\d.]+ s\.", done.stdout)) == 3
    for act in ACTS:
        assert re.search(
            rf"repaired after \d+ s of Azure's time \([\d.]+ s here\): {act}", done.stdout
        )
    assert "Repaired 6 of 6, each seen in Resource Manager itself" in done.stdout
    for words in ("Key Vault  private endpoint 10.", "Critical path", "served all 3", "make up"):
        assert words in done.stdout
    records = tmp_path / "state" / "arm-requests.jsonl"
    assert b"/virtualNetworkPeerings/rogue?" in records.read_bytes()
    if not CHECKER.exists():
        pytest.skip("the conformance data is not beside this checkout")
    assert_conforms(records)


def test_ctrl_c_ends_the_demo_and_all_that_it_started(tmp_path: Path) -> None:
    """In the middle of an onboarding; nothing stays behind."""
    with subprocess.Popen(
        command(tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout
        for line in demo.stdout:
            if line.startswith("Onboarding"):
                break
        started = descendants(demo.pid)
        assert started
        os.kill(demo.pid, signal.SIGINT)
        rest = demo.stdout.read()
        assert demo.wait(timeout=30) == 130, rest
    assert "Traceback" not in rest
    # The reaper goes last, once it has seen that the others are gone.
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), "their end")
