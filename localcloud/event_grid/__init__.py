"""The local Event Grid: delivers Resource Manager's events to the subscriptions that are there."""
