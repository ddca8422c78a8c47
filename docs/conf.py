"""How the documentation is built: ``make docs``.  Nothing here needs a network."""

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from docutils import nodes
from docutils.utils.math import latex2mathml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import hedging as hg  # noqa: E402

project = "hedging"
author = "The hedging authors"
copyright = f"2026, {author}"
release = version = hg.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

# Notebooks keep their outputs, and a test compares these with fresh ones: no need to run them here.
nb_execution_mode = "off"
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings say types, with shapes
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "hedging"
html_static_path = ["_static"]
html_css_files = ["hedging.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"**": []}


# -- the reference lists every public name, whatever they are --------------------------------

_FOLDED = ("plot",)


def _directive(name):
    """Directive that documents one public name."""
    thing = getattr(hg, name)
    if isinstance(thing, type):
        members = "" if issubclass(thing, Exception) else "   :members:\n"
        return f".. autoclass:: hedging.{name}\n{members}"
    if callable(thing):
        return f".. autofunction:: hedging.{name}\n"
    kind = type(thing)
    return (
        f".. py:data:: hedging.{name}\n\n   The one instance of this class:\n\n"
        f".. autoclass:: {kind.__module__}.{kind.__qualname__}\n   :members:\n"
    )


def _kind(name):
    thing = getattr(hg, name)
    if isinstance(thing, type):
        return "errors" if issubclass(thing, Exception) or name == "Status" else "classes"
    return "functions" if callable(thing) else "tables"


def _listed(kind):
    names = [name for name in sorted(hg.__all__, key=str.lower) if name not in _FOLDED]
    return "\n".join(f"## {n}\n\n{_rst(_directive(n))}" for n in names if _kind(n) == kind)


def _plot():
    return "\n".join(
        f"## plot.{name}\n\n{_rst(f'.. autofunction:: hedging.plot.{name}')}"
        for name in import_module("hedging.plot").__all__
    )


def _families():
    package = import_module("hedging.families")
    listed = {*hg.catalogue, "classic_games"}
    names = [m.name for m in iter_modules(package.__path__) if m.name in listed]
    options = "   :members:\n   :exclude-members: MODEL, MODELS\n"
    directives = {name: f".. automodule:: hedging.families.{name}\n{options}" for name in names}
    return "\n".join(f"## {name}\n\n{_rst(text)}" for name, text in sorted(directives.items()))


def _rst(text):
    return f"```{{eval-rst}}\n{text}\n```\n"


def fill_in(app, docname, source):
    """Replace ``@functions`` and the like by the names there are."""
    if not docname.startswith("reference/"):
        return
    for kind in ("functions", "classes", "tables", "errors"):
        source[0] = source[0].replace(f"\n@{kind}\n", f"\n{_listed(kind)}\n")
    source[0] = source[0].replace("\n@plot\n", f"\n{_plot()}\n")
    source[0] = source[0].replace("\n@families\n", f"\n{_families()}\n")


def mind_stars(app, what, name, obj, options, lines):
    """Let shapes such as (*batch, n) be shapes, not the beginning of emphasis."""
    lines[:] = [re.sub(r"(?<![`\w])\(\*(?=[a-z])", r"(\\*", line) for line in lines]


# -- formulas as MathML: every current browser shows it, without a script from elsewhere -----


def visit_math(translator, node):
    translator.body.append(latex2mathml.tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_math_block(translator, node):
    # A blank line parts two formulas, as in Sphinx's own renderers.
    for code in node.astext().split("\n\n"):
        formula = latex2mathml.tex2mathml(code, as_block=True)
        translator.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def copy_notebooks(app):
    """Notebooks live outside this folder; Sphinx reads only what is inside."""
    kept = HERE / "notebooks"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        shutil.copy2(path, kept / path.name)


def setup(app):
    app.connect("source-read", fill_in)
    app.connect("autodoc-process-docstring", mind_stars, priority=100)  # before numpydoc
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    copy_notebooks(app)
