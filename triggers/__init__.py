"""Outside events become parsed contracts, and start or signal one orchestration."""
