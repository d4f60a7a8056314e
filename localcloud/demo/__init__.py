"""The demo: a tenant is onboarded on a local cloud while you watch."""
