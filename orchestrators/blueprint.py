"""Registers the orchestrators, which stay plain functions for the tests."""

import azure.durable_functions as df

from orchestrators.apply_resource import apply_resource
from orchestrators.operate_tenant import operate_tenant
from orchestrators.reconcile_hub import reconcile_hub
from orchestrators.remediate_resource import remediate_resource
from orchestrators.rotate_key import rotate_key
from orchestrators.sweep_estate import sweep_estate
from orchestrators.upgrade_fleet import upgrade_fleet

blueprint = df.Blueprint()
blueprint.orchestration_trigger(context_name="context")(operate_tenant)
blueprint.orchestration_trigger(context_name="context")(apply_resource)
blueprint.orchestration_trigger(context_name="context")(reconcile_hub)
blueprint.orchestration_trigger(context_name="context")(rotate_key)
blueprint.orchestration_trigger(context_name="context")(remediate_resource)
blueprint.orchestration_trigger(context_name="context")(sweep_estate)
blueprint.orchestration_trigger(context_name="context")(upgrade_fleet)
