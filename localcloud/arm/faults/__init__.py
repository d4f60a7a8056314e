"""Failures on demand: documents that say which requests fail, and how."""
