"""What starts functions: HTTP requests, timers, and the durable engine."""
