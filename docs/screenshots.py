"""Takes the pictures of pages that the documentation shows.

    make screenshots

It looks at the last run of the folder `output`, at its comparison with the run before, and at the
page to try the model, in Chromium.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from deploy.local_servers.debian_packages import environment, find_folder
from report.runs import read_runs
from serving.server_process import ServerProcess

ASSETS: Final = Path(__file__).parent / "assets"
_SIZE: Final = {"width": 1000, "height": 1100}
# Three movies with their stars, and another to predict.
_VISITOR: Final = "?rated=260:5&rated=1:4.5&rated=2571:5&candidate=Heat+(1995)"


def main(output: Path = Path("output")) -> None:
    """Writes `report.png`, `comparison.png` and `web.png` beside the documentation's pages."""
    *_, last = read_runs(output.absolute())
    programs = find_folder("usr/lib/chromium", "chromium", package="chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs / "chromium",
            env=dict(environment(programs)),
            chromium_sandbox=False,  # which root cannot use
        )
        comparison = Path(folder) / "comparison.html"
        _movielens("compare", "--output", str(output), "--html", str(comparison))
        _take(browser, (last.folder / "index.html").as_uri(), "report")
        _take(browser, comparison.as_uri(), "comparison")
        models, log = output / "serving_model" / "movielens", Path(folder) / "server.log"
        server = ServerProcess(models, model_name="movielens", log_path=log)
        with server, _web(server.target) as address:
            _take(browser, address + _VISITOR, "web")


def _take(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(viewport=_SIZE)
    page.goto(address)
    page.screenshot(path=ASSETS / f"{name}.png")


@contextmanager
def _web(target: str) -> Iterator[str]:
    """Runs `movielens web` on a model server; gives the address of its page."""
    command = [sys.executable, "-m", "pipeline.cli", "web", "--port=0", f"--server={target}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        found = re.search(r"http://\S+/", process.stderr.readline() if process.stderr else "")
        if found is None:
            raise RuntimeError("`movielens web` did not say where its page is")
        try:
            yield found[0]
        finally:
            process.terminate()


def _movielens(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pipeline.cli", *arguments], check=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
