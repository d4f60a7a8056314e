"""The demo: tenants are onboarded on a local cloud while you watch, broken, and repaired."""
