"""Chromium for tests that look at pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from deploy.local_servers.debian_packages import environment, find_folder

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    programs = find_folder("usr/lib/chromium", "chromium", package="chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=programs / "chromium",
            env=dict(environment(programs)),
            chromium_sandbox=False,  # which root cannot use
        )


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address in a browser of its own, which must neither complain nor look elsewhere."""
    problems: list[str] = []
    with ExitStack() as stack:

        def open_page(address: str, path: str = "/", **options: Any) -> Page:
            def watch(request: Request) -> None:
                if not request.url.startswith((address, "data:")):
                    problems.append(request.url)

            context = stack.enter_context(browser.new_context(**options))
            page = context.new_page()
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("dialog", lambda dialog: problems.append(dialog.message))
            page.on("request", watch)
            page.goto(address + path)
            return page

        yield open_page
        assert problems == []
