"""Rollouts of the plan's rules: begun, led, called back."""
