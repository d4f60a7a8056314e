"""End-to-end tests: a package, so that the cloud that they share ends with them."""
