"""Starts the parts of the local cloud, each a process of its own, and keeps them running."""
