"""Starting the orchestration of a tenant, as triggers know it."""

from activities.starting import Starter, is_alive, start

__all__ = ["Starter", "is_alive", "start"]
