"""The explorer in a real browser: JupyterLab and Voila in headless Chromium.

What is asserted is what the kernel drew and wrote, never a slider's own text: that moves before
anything has been solved.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("ipympl", reason="ipympl is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
PATIENCE = 120  # seconds; a busy machine is slow to start a kernel
CELL = """import hedging as hg
panel = hg.explore("hedging_bimatrix", "rivalry", "immunity", points=150)
panel"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "display_name": "P", "language": "python"}
    book.cells = [nbformat.v4.new_code_cell(CELL)]
    path = tmp_path_factory.mktemp("browser") / "explorer.ipynb"
    nbformat.write(book, path)
    return path


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1200})
    page.set_default_timeout(1000 * PATIENCE)
    # Nothing may be needed from elsewhere.
    page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    yield page
    page.close()


@contextmanager
def server(folder, *command):
    """A server on a port of its own; yields its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, f"--port={port}", "--no-browser"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(address, timeout=PATIENCE).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < end, "the server did not answer"
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def lab(folder):
    quiet = ("--LabApp.news_url=", "--LabApp.check_for_updates_class=")
    return server(
        folder,
        "jupyter",
        "lab",
        "--allow-root",
        "--ip=127.0.0.1",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        quiet[0],
        f"{quiet[1]}jupyterlab.NeverCheckForUpdate",
    )


def canvas(page):
    """The map: the visible canvas with the most pixels."""
    found = page.locator("canvas")
    found.first.wait_for()
    sizes = [found.nth(k).bounding_box() for k in range(found.count())]
    areas = [0 if box is None else box["width"] * box["height"] for box in sizes]
    best = areas.index(max(areas))
    assert areas[best] > 400 * 300
    return found.nth(best)


PIXELS = """
(canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = {};
    for (let k = 0; k < data.length; k += 4) {
        const key = data[k] + "," + data[k + 1] + "," + data[k + 2];
        colours[key] = (colours[key] || 0) + 1;
    }
    return colours;
}
"""


def painted(page, enough):
    """Pixels of the largest coloured region of the map, once there are ``enough`` of them.

    The words may arrive before the picture does.
    """
    end = time.monotonic() + PATIENCE
    while True:
        largest = max(
            (
                number
                for found in page.locator("canvas").all()
                for colour, number in found.evaluate(PIXELS).items()
                if len(set(colour.split(","))) > 1  # neither grey nor transparent
            ),
            default=0,
        )
        if enough(largest):
            return largest
        assert time.monotonic() < end, f"the largest region has {largest} pixels"
        page.wait_for_timeout(200)


def click(page, across, down):
    """Click the map, given as shares of its size, until the kernel answers.

    A page that is still settling may move the map away under the pointer.
    """
    before = page.get_by_text("At rivalry = 1, immunity = 0.35")
    for _ in range(PATIENCE // 5):
        target = canvas(page)
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
        try:
            playwright.expect(before).to_have_count(0, timeout=5000)
        except AssertionError:
            continue
        return
    raise AssertionError("the kernel heard of no click")


def choose(page, chooser, option):
    """Pick from a drop-down list by the words beside it."""
    box = page.locator(".widget-dropdown", has_text=chooser).filter(
        has=page.locator("label", has_text=re.compile(f"^{chooser}$"))
    )
    box.locator("select").select_option(option)


def use(page, picture):
    """Move a slider, turn an axis, click the map; assert on what comes back from the kernel."""
    page.get_by_text("Nearest boundaries").wait_for()
    page.get_by_text("At rivalry = 1, immunity = 0.35").wait_for()
    legend = page.get_by_text(re.compile(r"M hedges, A accommodates \(\d"))
    before = legend.inner_text()
    area = painted(page, lambda pixels: pixels > 10_000)

    # What pressing costs A, by the editable number beside the slider.
    row = page.locator(".widget-slider", has_text="pressure cost a").first
    number = row.locator(".widget-readout")
    number.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("0.2")
    page.keyboard.press("Enter")
    playwright.expect(legend).not_to_have_text(before, timeout=1000 * PATIENCE)
    painted(page, lambda pixels: abs(pixels - area) > 100)  # the map moves, not only the legend

    click(page, 0.8, 0.75)
    heading = page.get_by_text(re.compile(r"^At rivalry = [\d.]+, immunity = [\d.]+$"))
    rivalry, immunity = map(float, re.findall(r"= ([\d.]+)", heading.inner_text()))
    assert 3 < rivalry < 5
    assert 0.05 < immunity < 0.5

    choose(page, "show", "risk dominance")
    choose(page, "case", "Kazakhstan 2015-2019")
    page.get_by_text("M is Kazakhstan, A is Russia, B is China").wait_for()
    choose(page, "across", "drift loss a")
    page.get_by_text(re.compile(r"^At drift loss a = [\d.]+, immunity = [\d.]+$")).wait_for()

    page.get_by_role("button", name="Copy as code").click()
    code = page.locator("textarea").filter(visible=True).last
    for line in ("pressure_cost_a=0.2", "value_a=0.7567", "rule='risk_dominance'", "drift_loss_a="):
        assert line in code.input_value()
    page.screenshot(path=str(picture), full_page=True)


def test_voila(notebook, page, tmp_path):
    with server(notebook.parent, "voila", notebook.name, "--Voila.ip=127.0.0.1") as address:
        page.goto(address, wait_until="domcontentloaded")
        use(page, tmp_path / "voila.png")


def test_jupyterlab(notebook, page, tmp_path):
    with lab(notebook.parent) as address:
        page.goto(f"{address}/lab/tree/{Path(notebook).name}?reset")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        page.get_by_text("| Idle").first.wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        use(page, tmp_path / "lab.png")
