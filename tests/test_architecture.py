"""The shape of the house: rings, lazy imports, names that do not hide each other."""

import ast
import subprocess
import sys
from pathlib import Path

import hedging

PACKAGE = Path(hedging.__file__).parent

# Innermost first; a module may import from its own ring and from rings before it.
RINGS = {
    "errors": 0,
    "program": 0,
    "equilibria": 1,
    "repeated": 1,
    "interop": 1,
    "labels": 2,
    "profile": 2,
    "nfg": 2,
    "formula": 2,
    "modelling": 2,
    "game": 2,
    "games": 2,
    "model": 2,
    "families": 2,
    "sequential": 2,
    "words": 2,
    "calibration": 2,
    "labelled": 3,
    "solving": 3,
    "solution_concepts": 3,
    "population_dynamics": 3,
    "equilibrium_table": 3,
    "repeated_games": 3,
    "information": 3,
    "commitment": 3,
    "analysis": 3,
    "engine": 4,
    "sensitivity": 4,
    "explorer": 5,
    "plot": 5,
    "propositions": 5,
    "cli": 5,
    "__main__": 5,
}


def _modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts


def _imported(tree):
    """Top-level units of hedging named by any import, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports inside the package are absolute"
            base = node.module or ""
            names = [f"{base}.{a.name}" for a in node.names] if base == "hedging" else [base]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "hedging" and len(parts) > 1:
                yield parts[1], node.lineno


def test_every_module_has_a_ring():
    assert {parts[0] for _, parts in _modules()} <= set(RINGS)


def test_imports_point_inward_only():
    wrong = []
    for path, parts in _modules():
        for unit, line in _imported(ast.parse(path.read_text())):
            if unit.startswith("__"):
                continue
            if unit not in RINGS:
                wrong.append(f"{path.name}:{line} takes {unit} from the package's front door")
            elif RINGS[unit] > RINGS[parts[0]]:
                wrong.append(f"{path.name}:{line} imports {unit}, which lies further out")
    assert not wrong, "\n".join(wrong)


def test_no_module_hides_a_public_name():
    public = set(hedging.__all__) - {"plot"}
    assert not public & {parts[0] for _, parts in _modules()}


def test_every_public_name_resolves():
    for name in hedging.__all__:
        assert getattr(hedging, name) is not None
    assert set(hedging.__all__) <= set(dir(hedging))


def test_import_loads_numpy_at_most():
    heavy = ["scipy", "sympy", "numba", "llvmlite", "pandas", "xarray", "nashpy", "matplotlib"]
    code = f"import sys, hedging; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_speaks_of_itself_alone():
    """No stray to-do marks or machine paths in what is shipped."""
    for path, _ in _modules():
        text = path.read_text()
        assert "TODO" not in text, path
        assert "/work/" not in text, path
