"""The pure ground floor: decisions and contracts, no effects."""
