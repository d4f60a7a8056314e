"""What the local Azure Resource Manager remembers."""
