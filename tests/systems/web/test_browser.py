"""`movielens web` in Chromium, about the toy recommender and about a model with hostile titles."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from serving.server_process import ServerProcess
from tests.serving.toy_models import toy_models
from tests.support.browser import Visit
from tests.support.canned_server import CannedService, served
from tests.systems.web.conftest import page_about

HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onfocus='alert(1)' x='",
    "x" * 10_000,
    "\u202eשם",
    "a\0b",
)

pytestmark = pytest.mark.systems


def titles_offered(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def tab_to(control: Locator) -> None:
    """Moves the focus to a control by the Tab key."""
    for _ in range(40):
        control.page.keyboard.press("Tab")
        if control.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {control}")


def test_somebody_types_chooses_and_sees_a_list_with_the_keyboard_alone(
    address: str, visit: Visit
) -> None:
    page = visit(address)
    page.keyboard.type("tw")  # the field has the focus
    expect(titles_offered(page)).to_have_text(["Twenty (1991)"])
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True).first).to_have_text("Twenty (1991)")
    page.keyboard.press("Enter")
    expect(page.get_by_label("A movie you saw")).to_have_value("Twenty (1991)")
    expect(titles_offered(page)).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # five stars become four and a half
    tab_to(page.get_by_role("button", name="Add"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your stars for Twenty (1991)")).to_have_value("20:4.5")
    expect(page.get_by_text("Tier model")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_text(
        ["Ten (1990)", "Thirty (1992)", "Forty (1993)", "Fünfzig (1994)", "Movie 60"]
    )

    tab_to(page.get_by_role("button", name="Remove Twenty (1991)"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tier popular")).to_be_visible()
    expect(page.get_by_role("rowheader").nth(1)).to_have_text("Twenty (1991)")


def test_any_movie_is_predicted_and_leads_on_with_the_keyboard_alone(
    address: str, visit: Visit
) -> None:
    page = visit(address)
    tab_to(page.get_by_label("Any movie"))
    page.keyboard.type("forty")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("you would give it 2.0 stars")

    tab_to(page.get_by_role("link", name="Thirty (1992)"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Like Thirty (1992)")).to_be_visible()
    expect(page.get_by_role("rowheader").first).to_have_text("Twenty (1991)")

    tab_to(page.get_by_role("link", name="A new movie"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_label("Title, with the year in parentheses"))
    page.keyboard.type("New One (2031)")
    tab_to(page.get_by_label("Comedy"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem")).to_have_text(["Ten (1990)", "Twenty (1991)"])
    expect(page.get_by_label("Comedy")).to_be_checked()


def test_escape_closes_the_titles_and_a_click_chooses_one(address: str, visit: Visit) -> None:
    page = visit(address, "/similar")
    field = page.get_by_label("Like which movie?")
    field.press_sequentially("f")
    expect(titles_offered(page)).to_have_text(["Forty (1993)", "Fünfzig (1994)"])
    field.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_have_text("Fünfzig (1994)")
    field.press("Escape")
    expect(titles_offered(page)).to_have_count(0)
    field.press_sequentially("o")
    titles_offered(page).click()
    expect(field).to_have_value("Forty (1993)")


def test_the_page_works_without_its_script(address: str, visit: Visit) -> None:
    page = visit(address, java_script_enabled=False)
    page.get_by_label("A movie you saw").fill("t")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Thirty (1992)").click()
    expect(page.get_by_role("button", name="Remove Thirty (1992)")).to_be_visible()


def test_a_server_goes_away_and_comes_back(
    address: str, model_server: ServerProcess, browser: Browser
) -> None:
    page = browser.new_page()  # this one may complain: the page fails
    page.goto(f"{address}/?rated=10:5")
    model_server.stop()
    page.reload()
    expect(page.get_by_role("heading", name="The model server is down")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(
        f"No model server answers at {model_server.target}"
    )
    expect(page.get_by_role("alert")).to_contain_text("Start one with `movielens serve`")
    with model_server:
        while page.get_by_role("alert").count():
            page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("button", name="Remove Ten (1990)")).to_be_visible()
    page.close()


def test_a_switch_of_the_version_is_shown(
    address: str, models: Path, visit: Visit, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = visit(address)
    expect(page.get_by_text("Answered by model version 1")).to_be_visible()
    built = toy_models(tmp_path_factory.getbasetemp() / "toy_models")
    shutil.copytree(built / "2", models / "pushing")
    (models / "pushing").rename(models / "2")
    notice = page.get_by_text(
        "The model has changed: version 2 answers now. Before, it was version 1."
    )
    while not notice.count():
        page.reload()
    expect(page.get_by_text("Answered by model version 2")).to_be_visible()
    page.reload()
    expect(notice).to_have_count(0)


def test_hostile_titles_are_text_and_fit_a_phone(visit: Visit) -> None:
    ids = np.arange(1, len(HOSTILE) + 1)[None]
    scores = np.ones((1, len(HOSTILE)), np.float32)
    titles = np.array([HOSTILE], object)
    movies: dict[str, Any] = {"movie_ids": ids, "scores": scores, "titles": titles}
    service = CannedService(
        {
            "recommend": {**movies, "tier": np.array(["model"])},
            "rate": {"rating": scores, "liked": scores},
            "similar": movies,
        }
    )
    query = "&".join(f"rated={number}:5" for number in range(1, len(HOSTILE) + 1))
    phone = {"width": 360, "height": 700}
    with served(service) as target, page_about(target) as address:
        for path in (f"/?{query}", f"/similar?movie_id=3&{query}"):
            page = visit(address, path, viewport=phone)
            expect(page.get_by_role("rowheader").first).to_have_text(HOSTILE[0])
            expect(page.get_by_role("rowheader").nth(1)).to_have_text(HOSTILE[1])
            assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]
            page.get_by_role("combobox").first.fill("")
            page.get_by_role("combobox").first.press_sequentially("script")
            expect(titles_offered(page)).to_have_text([HOSTILE[0]])


def test_every_field_has_a_name_that_is_read_aloud(address: str, visit: Visit) -> None:
    fields = "input:not([type=hidden]), select"
    for path in ("/?rated=10:5", "/similar", "/new"):
        for field in visit(address, path).locator(fields).all():
            expect(field).to_have_accessible_name(re.compile("."))
