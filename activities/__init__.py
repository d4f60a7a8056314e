"""One side effect each: (dependencies, request) -> result."""
