"""Countries and periods: a table of derived figures, and from a case to parameters.

The figures, their sources and their caveats are described in ``README.md`` beside this file.
"""

from __future__ import annotations

from hedging.calibration.shares import Cases

__all__ = ["Cases", "cases"]

cases = Cases()
