"""A local Azure Resource Manager: strict, stateful, and as slow as the real one, scaled."""
