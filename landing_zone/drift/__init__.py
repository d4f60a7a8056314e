"""Drift that was told of: what is noted of it until someone has looked, and what became of it."""
