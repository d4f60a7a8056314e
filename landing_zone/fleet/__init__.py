"""Fleet upgrades: today's rules for all tenants, ring by ring, decided purely."""
