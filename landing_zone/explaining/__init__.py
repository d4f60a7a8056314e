"""Why an operation does not come on, and what an operator can do about it, purely."""
