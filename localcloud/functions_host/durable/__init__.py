"""The durable engine: orchestrations, activities, timers and entities, persisted in SQLite."""
