"""Remediation, decided purely: what an event touches, what is wrong, what is done about it."""
