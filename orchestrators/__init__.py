"""Order, fan-out, waits, retries and compensation; deterministic."""
