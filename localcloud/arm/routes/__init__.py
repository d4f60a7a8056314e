"""Requests by what they ask for; one module for each kind of thing that is not a plain resource."""
