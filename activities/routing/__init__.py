"""Making the route of an operation: reading what has to be known, deciding purely."""
