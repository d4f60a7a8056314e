"""From a request, a hub and a reservation to the plan, purely."""

from landing_zone.planning.rules import Rules
from landing_zone.planning.whole import RULES, RULES_VERSION, plan

__all__ = ["RULES", "RULES_VERSION", "Rules", "plan"]
