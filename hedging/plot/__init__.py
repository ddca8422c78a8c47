"""Pictures for print: region maps of sweeps, best replies of single games.

Every function takes ``ax=None``, draws into it (or into a new figure), returns the
matplotlib ``Axes`` and never shows anything by itself.  Matplotlib is loaded when a function
is called, not before.
"""

from hedging.plot.region_map import regions
from hedging.plot.reply_curves import best_responses

__all__ = ["best_responses", "regions"]
