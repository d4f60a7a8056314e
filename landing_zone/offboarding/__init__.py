"""Deciding how a tenant leaves: what is kept how long, what may block, what is left at the end."""
