"""Reading the audit: what is asked for, where a reader left off, and whether a chain is whole."""
