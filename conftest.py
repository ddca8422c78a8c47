"""Settings of all tests, those in the documentation of the package included."""

import os

import matplotlib
from hypothesis import HealthCheck, settings

# Plots are drawn without a screen; kernels of notebooks keep their own way.
matplotlib.use("Agg")

# Machines that run tests are shared and slow at times: no example may fail for taking long.
settings.register_profile(
    "hedging",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hedging")
