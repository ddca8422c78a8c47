"""The notebooks run as they stand, and the outputs they keep are those of this code."""

import re
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.name)
def kept(request):
    """The notebook as it is in the repository."""
    return nbformat.read(request.param, as_version=4)


@pytest.fixture(scope="module")
def fresh(kept):
    """The same notebook, run now."""
    import copy
    import os
    import warnings

    notebook = copy.deepcopy(kept)
    # The kernel chooses how to show pictures, whatever the tests were started with.
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    # Generous, because they only end what hangs: a busy machine is slow to start a kernel.
    client = nbclient.NotebookClient(
        notebook, timeout=600, startup_timeout=300, iopub_timeout=300, kernel_name="python3"
    )
    with warnings.catch_warnings():
        # What jupyter's own machinery warns about is not ours; the kernel's output is judged below.
        warnings.simplefilter("ignore")
        client.execute(env=environment)
    return notebook


def outputs(notebook):
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def printed(cell_outputs):
    return "".join(o.text for o in cell_outputs if o.output_type == "stream")


def kinds(cell_outputs):
    """Kinds of what a cell shows, printed text apart."""
    return [sorted(o.data) for o in cell_outputs if o.output_type != "stream"]


def test_there_is_a_notebook():
    assert NOTEBOOKS


def test_kept_notebook_is_clean(kept):
    nbformat.validate(kept)
    assert (kept.nbformat, kept.metadata.kernelspec.name) == (4, "python3")
    text = nbformat.writes(kept)
    assert not re.search(r"/(home|tmp|work|Users)/", text)
    assert len(text) < 300_000
    numbers = [cell.execution_count for cell in kept.cells if cell.cell_type == "code"]
    assert numbers == list(range(1, len(numbers) + 1))


# Closing the kernel's sockets is left to the garbage collector, which may complain later.
@pytest.mark.filterwarnings("ignore")
def test_runs_without_complaint(fresh):
    for cell_outputs in outputs(fresh):
        for output in cell_outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


@pytest.mark.filterwarnings("ignore")
def test_kept_outputs_are_those_of_this_code(kept, fresh):
    for before, now in zip(outputs(kept), outputs(fresh), strict=True):
        assert printed(before) == printed(now)
        assert kinds(before) == kinds(now)
