"""Files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedging.errors import MissingDependencyError, ParameterError

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["check_destination", "draw", "rename_into", "size_text", "store"]


def check_destination(path: Path, option: str) -> None:
    """Refuse before the work what could not be written after it."""
    if path.is_dir():
        msg = f"{option} {path} is a directory; name a file in it"
        raise ParameterError(msg)
    suffix = path.suffix.lower()
    if option == "--out":
        if suffix not in (".nc", ".nc4", ".h5"):
            msg = f"{option} {path} has suffix {suffix!r}; the data are netCDF, type {path.stem}.nc"
            raise ParameterError(msg)
        try:
            import_module("h5netcdf")
        except ImportError as error:
            msg = "--out needs h5netcdf, not installed; type: pip install 'hedging[storage]'"
            raise MissingDependencyError(msg) from error
    else:
        from hedging.plot.style import pyplot

        pyplot()
        if suffix not in (".png", ".pdf", ".svg"):
            msg = f"{option} {path} has suffix {suffix!r}; type .png, .pdf or .svg"
            raise ParameterError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def rename_into(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to, renamed over it only if all went well."""
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def store(ds: Any, path: Path) -> None:
    """Write a Dataset as compressed netCDF."""
    packed = {n: {"zlib": True} for n, v in ds.data_vars.items() if v.dtype.kind in "iuf"}
    ds.to_netcdf(path, engine="h5netcdf", encoding=packed)


def draw(ds: Any, model: Model, at: Mapping[str, float], label: str, path: Path) -> None:
    """Write the region map of a sweep, the point ``at`` marked and explained by ``label``."""
    from hedging.plot.region_map import regions
    from hedging.plot.style import pyplot

    plt = pyplot()
    # A file is wanted, so no window may be needed to make it.
    plt.switch_backend("agg")
    ax = regions(ds, model=model, mark={**at, "label": label})
    figure = ax.get_figure(root=True)
    assert figure is not None
    # Text stays text, so that a journal can set it and a reader can search it.
    with plt.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(path, dpi=300)
    plt.close(figure)


def size_text(size: int) -> str:
    """Bytes in the units file managers use."""
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} B"
