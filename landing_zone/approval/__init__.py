"""Approval by a person: what needs it, who may give it, and what becomes of it. Pure."""
