"""Fixtures that every test may ask for."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.databases", "tests.control_plane", "tests.outages", "tests.skips")

# A machine that is busy with other tests is slow; that says nothing about what is tested.
settings.register_profile("trunkline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("trunkline")
