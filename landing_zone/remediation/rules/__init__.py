"""The rules, by name and by the types that they judge."""
