"""How properties are tried here: enough to find, short enough to run each time."""

from hypothesis import HealthCheck, settings

# No deadline per example: this runs beside other things, and time says nothing about the law.
settings.register_profile(
    "unit", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")
