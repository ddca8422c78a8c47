"""Pictures for print: maps of regions and of patience, best replies, payoffs of repeated games.

Every function takes ``ax=None``, draws into it (or into a new figure), returns the
matplotlib ``Axes`` and never shows anything by itself.  Matplotlib is loaded when a function
is called, not before.  ``STYLE`` makes figures drawn by hand look like these:
``plt.rcParams.update(hg.plot.STYLE)``.
"""

from hedging.plot.bifurcation_diagram import bifurcation
from hedging.plot.boundary_curves import boundaries
from hedging.plot.country_dots import countries
from hedging.plot.partner_curves import partners
from hedging.plot.patience_maps import critical_delta, sustainable
from hedging.plot.payoff_polygons import payoff_set
from hedging.plot.region_map import regions
from hedging.plot.reply_curves import best_responses
from hedging.plot.selection_maps import selected
from hedging.plot.simplex_flow import simplex
from hedging.plot.slice_maps import region_slices
from hedging.plot.style import STYLE

__all__ = [
    "STYLE",
    "best_responses",
    "bifurcation",
    "boundaries",
    "countries",
    "critical_delta",
    "partners",
    "payoff_set",
    "region_slices",
    "regions",
    "selected",
    "simplex",
    "sustainable",
]
