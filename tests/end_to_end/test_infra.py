"""What `infra/` holds is accepted by Azure Resource Manager."""

import json
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.policy.models import PolicyDefinition

from tests.end_to_end.cloud import ROOT, Cloud

POLICIES = sorted((ROOT / "infra" / "policies").glob("*.json"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_can_be_defined(cloud: Cloud, access: dict[str, Any], path: Path) -> None:
    """Each policy of ours is a valid definition at the root management group."""
    root = cloud.ready["hub"]["managementGroups"]["root"]
    definition = PolicyDefinition(json.loads(path.read_text(encoding="utf-8")))
    with PolicyClient(subscription_id=cloud.ready["hub"]["subscriptionId"], **access) as client:
        made = client.policy_definitions.create_or_update_at_management_group(
            root, f"ours-{path.stem}", definition
        )
    assert made.properties
    assert made.properties.display_name
