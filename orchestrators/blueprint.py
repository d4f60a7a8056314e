"""Registers the orchestrators, which stay plain functions for the tests."""

import azure.durable_functions as df

from orchestrators.apply_resource import apply_resource
from orchestrators.onboard_tenant import onboard_tenant

blueprint = df.Blueprint()
blueprint.orchestration_trigger(context_name="context")(onboard_tenant)
blueprint.orchestration_trigger(context_name="context")(apply_resource)
