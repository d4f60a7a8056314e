"""What a hub's shared resources should be, from the tenants that hang on it; pure."""
