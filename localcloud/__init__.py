"""Azure on one machine, for development and tests; production code never imports it."""
