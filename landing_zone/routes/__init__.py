"""How operations lead a tenant from one plan to another, purely."""
