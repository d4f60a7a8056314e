"""From a request, a hub and a reservation to the plan, purely."""

from landing_zone.planning.whole import RULES_VERSION, plan

__all__ = ["RULES_VERSION", "plan"]
