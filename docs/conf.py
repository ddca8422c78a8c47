"""How the documentation is built: ``make docs``.  Nothing here needs a network."""

import inspect
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from textwrap import indent

from docutils import nodes
from docutils.utils.math import latex2mathml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

sys.path.insert(0, str(HERE))

from model_pages import write_pages  # noqa: E402

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

# Every reference must lead somewhere, but for Python's own names and those of inner modules.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:\w+", r"(?!hedging\.).*"),
    (r"py:(?!mod)\w+", r"hedging\.(program|equilibria|repeated|engine|analysis|interop)\..*"),
]

autodoc_typehints = "none"  # the docstrings say types, with shapes
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

_WIDE = (
    *("explanation/solvers", "models/index", "models/claims"),
    *(f"models/{name}" for name in hg.catalogue),
)

html_theme = "pydata_sphinx_theme"
html_title = "hedging"
html_static_path = ["_static"]
html_css_files = ["hedging.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    # Pages with wide tables need the width more than a list of their few headings.
    "secondary_sidebar_items": {"**": ["page-toc"]} | dict.fromkeys(_WIDE, ()),
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": [], "glossary": [], "notebooks/*": []}


# -- the reference lists every public name, whatever they are --------------------------------

_FOLDED = ("plot",)

_RETURNED = {
    "atlas": "Atlas Piece Branch BoundaryAtlas region_boundaries.Boundary",
    "conditions": "Conditions",
    "grim_trigger": "GrimTrigger",
    "robustness": "Robustness",
    "room": "Room",
    "table": "EquilibriumTable",
    "explore": "Panel",
    "SignallingGame": "PerfectBayesian",
    "ExtensiveGame": "SubgamePerfect",
    "RepeatedGame": "CriticalDelta Sustainability PayoffSet PayoffBounds PenalCode Renegotiation",
    "claims": "Claim ClaimFinding Proposition Finding",
}
"""Classes that one gets from the public names, and does not make oneself."""

_PACKAGES = (
    *("program", "equilibria", "repeated", "information", "sequential"),
    *("analysis", "sensitivity", "engine"),
)
"""Where the mathematics is: one algorithm per file, explained at its beginning."""


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
    home = import_module("hedging.plot")
    return "\n".join(
        f"## plot.{name}\n\n{_rst(f'.. auto{kind}:: hedging.plot.{name}{hidden}')}"
        for name in home.__all__
        for kind, hidden in [
            ("function", "") if callable(getattr(home, name)) else ("data", "\n   :no-value:")
        ]
    )


def _families():
    package = import_module("hedging.families")
    names = [m.name for m in iter_modules(package.__path__)]
    options = "   :members:\n   :exclude-members: MODEL, MODELS\n"
    directives = {name: f".. automodule:: hedging.families.{name}\n{options}" for name in names}
    return "\n".join(f"## {name}\n\n{_rst(text)}" for name, text in sorted(directives.items()))


def _returned():
    return "\n".join(
        f"## From {name}\n\n"
        + "\n".join(_rst(f".. autoclass:: {_home(kind)}\n   :members:") for kind in kinds.split())
        for name, kinds in sorted(_RETURNED.items(), key=lambda item: item[0].lower())
    )


def _home(kind):
    """Full name of a class, from the one file that defines it (named where there are two)."""
    root = HERE.parent
    stem, _, kind = kind.rpartition(".")
    (path,) = (
        path
        for path in (root / "hedging").rglob("*.py")
        if stem in ("", path.stem)
        and re.search(rf"^class {kind}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    )
    return ".".join([*path.relative_to(root).with_suffix("").parts, kind])


def _algorithms():
    parts = []
    for package in _PACKAGES:
        home = f"hedging.{package}"
        path = import_module(home).__path__
        names = [f"{home}.{module.name}" for module in iter_modules(path)]
        parts.append(f"## {home}\n\n{_rst(_algorithm(home))}")
        parts += [f"### {name.rpartition('.')[2]}\n\n{_rst(_algorithm(name))}" for name in names]
    parts.append("## Formulas and files\n")
    parts += [_rst(_algorithm(name)) for name in ("hedging.formula", "hedging.modelling.files")]
    return "\n".join(parts)


def _algorithm(name):
    """The docstring of a module: typeset if it has formulas, as it stands if it is plain text."""
    text = inspect.getdoc(import_module(name)) or ""
    words = re.sub(r":math:`[^`]*`|\.\. math::.*?(?=\n\n|\Z)", "", text, flags=re.S)
    if words != text and "|" not in words:  # |x| would be a substitution
        return f".. automodule:: {name}"
    plain = re.sub(r":\w+:`~?([^`]+)`", r"\1", text).replace("``", "")
    return f".. py:module:: {name}\n\n.. code-block:: none\n\n{indent(plain, '   ')}"


def _rst(text):
    return f"```{{eval-rst}}\n{text}\n```\n"


def fill_in(app, docname, source):
    """Replace ``@functions`` and the like by the names there are."""
    # The blank line that ends an example for doctest need not be seen.
    source[0] = re.sub(r"(```python\n.*?)\n\n```", r"\1\n```", source[0], flags=re.DOTALL)
    if not docname.startswith("reference/"):
        return
    for kind in ("functions", "classes", "tables", "errors"):
        source[0] = source[0].replace(f"\n@{kind}\n", f"\n{_listed(kind)}\n")
    others = {
        "plot": _plot,
        "families": _families,
        "returned": _returned,
        "algorithms": _algorithms,
    }
    for mark, made in others.items():
        if f"\n@{mark}\n" in source[0]:
            source[0] = source[0].replace(f"\n@{mark}\n", f"\n{made()}\n")


def mind_stars(app, what, name, obj, options, lines):
    """Let shapes such as (*batch, n) be shapes, not the beginning of emphasis."""
    lines[:] = [re.sub(r"(?<![`\w])\(\*(?=[a-z])", r"(\\*", line) for line in lines]


# -- formulas as MathML: every current browser shows it, without a script from elsewhere -----


_ALIASES = {"iff": r"\;\Longleftrightarrow\;", "dots": r"\ldots", "Big": ""}
"""Common commands that docutils has no sign for."""


def _mathml(code, as_block=False):
    # Its only tables are matrices; a style sheet lays out the difference.
    code = re.sub(r"\\begin{array}{[^}]*}", r"\\begin{matrix}", code)
    code = code.replace(r"\end{array}", r"\end{matrix}").replace(r"\hline", "")
    code = re.sub(r"\\([A-Za-z]+)", lambda found: _ALIASES.get(found[1], found[0]), code)
    return latex2mathml.tex2mathml(code, as_block=as_block)


def visit_math(translator, node):
    translator.body.append(_mathml(node.astext()))
    raise nodes.SkipNode


def visit_math_block(translator, node):
    # A blank line parts two formulas, as in Sphinx's own renderers.
    for code in node.astext().split("\n\n"):
        formula = _mathml(code, as_block=True)
        kind = "formula array" if r"\begin{array}" in code else "formula"
        translator.body.append(f'<div class="{kind}">{formula}</div>')
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
    write_pages(HERE / "models")
