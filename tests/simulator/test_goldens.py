"""How cards look, held by pictures: `tests/golden/`, renewed with UPDATE_GOLDEN=1.

A few cards of the product one by one, and every family of blocks and every state together on
one sheet per platform and theme.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from PIL import Image, ImageChops

from bot.simulator.page import phones_page
from bot.simulator.page.gallery import router
from bot.simulator.showcase import samples
from tests.browser_kit import server
from tests.simulator.families import FAMILIES
from tests.simulator.kit import EchoWorld

GOLDEN = Path(__file__).parents[1] / "golden"
ACTUAL = GOLDEN / "actual"
TOLERATED = 32  # of 255, in any channel of a pixel
ALLOWED = 0.01  # share of the pixels that may differ more
SHEETS = 7
CELLS = (
    ("created-wecom", "商机已建", "企业微信"),
    ("created-dingtalk", "商机已建", "钉钉"),
    ("pick-wecom", "选介绍人", "企业微信"),
    ("pick-many-wecom", "选介绍人 多", "企业微信"),
    ("twins-dingtalk", "疑似同一客户", "钉钉"),
    ("form-dingtalk", "两项表单", "钉钉"),
    ("customer-wecom", "客户", "企业微信"),
    ("done-dingtalk", "客户", "钉钉 已处理"),
)


SHEET = """([platform, theme]) => {
  const sheet = document.createElement("main");
  sheet.id = "together";
  Object.assign(sheet.style, { columns: 4, columnGap: 0, width: "1320px" });
  for (const cell of document.querySelectorAll(`.cell.${platform}.${theme}`)) {
    const copy = sheet.appendChild(cell.cloneNode(true));
    Object.assign(copy.style, { breakInside: "avoid", borderRadius: 0 });
  }
  document.body.replaceChildren(sheet);
}"""


@pytest.fixture(scope="module")
def gallery(browser):
    app = FastAPI()
    app.include_router(router(samples()))
    app.include_router(phones_page.router(EchoWorld()))
    with server(app) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, device_scale_factor=2)
        page.goto(f"{url}/sim/cards")
        page.evaluate("document.fonts.ready")
        yield page
        page.close()


@pytest.fixture(scope="module")
def families(browser):
    """The address of a gallery of one card per family of blocks."""
    app = FastAPI()
    app.include_router(router(FAMILIES))
    app.include_router(phones_page.router(EchoWorld()))
    with server(app) as url:
        yield f"{url}/sim/cards"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "card", "state"), CELLS)
def test_a_card_looks_as_it_did(gallery, name, card, state, theme):
    cell = gallery.locator(f'[data-card="{card}"][data-state="{state}"][data-theme="{theme}"] li')
    compare(cell.screenshot(), GOLDEN / f"{name}-{theme}.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_every_family_of_blocks_looks_as_it_did(browser, families, platform, theme):
    together(browser, families, platform, theme, f"families-{platform}-{theme}")


@pytest.mark.parametrize(
    ("platform", "card"), [("wecom", "按钮"), ("wecom", "投票 多选"), ("dingtalk", "审批")]
)
def test_every_state_of_a_card_looks_as_it_did(browser, families, platform, card):
    name = f"states-{platform}-{list(FAMILIES).index(card)}"
    together(browser, f"{families}?card={card}", platform, "light", name)


def together(browser, address, platform, theme, name):
    """Compare all cells of one platform and theme, on one sheet."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    try:
        page.goto(address)
        page.evaluate(SHEET, [platform, theme])
        page.evaluate("document.fonts.ready")
        compare(page.locator("#together").screenshot(), GOLDEN / f"{name}.png")
    finally:
        page.close()


def compare(png: bytes, golden: Path) -> None:
    actual = Image.open(io.BytesIO(png)).convert("RGB")
    if os.environ.get("UPDATE_GOLDEN") == "1":
        actual.quantize(64).save(golden, optimize=True)
    expected = Image.open(golden).convert("RGB")
    if (share := _differing(expected, actual)) > ALLOWED:
        pytest.fail(f"{share:.1%} of {golden.name} differ, see {_keep(golden, expected, actual)}")


def test_the_pictures_stay_small():
    pictures = list(GOLDEN.glob("*.png"))
    sheets = [picture for picture in pictures if picture.name.startswith(("families", "states"))]
    assert len(sheets) == SHEETS
    assert len(pictures) == 2 * len(CELLS) + SHEETS <= 24
    assert max(picture.stat().st_size for picture in pictures) < 64 * 1024


def _differing(expected: Image.Image, actual: Image.Image) -> float:
    """The share of pixels that differ by more than is tolerated; 1 if the sizes differ."""
    if expected.size != actual.size:
        return 1.0
    red, green, blue = ImageChops.difference(expected, actual).split()
    worst = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(worst.histogram()[TOLERATED + 1 :]) / (worst.width * worst.height)


def _keep(golden: Path, expected: Image.Image, actual: Image.Image) -> str:
    ACTUAL.mkdir(exist_ok=True)
    actual.save(ACTUAL / golden.name)
    if expected.size == actual.size:
        ImageChops.difference(expected, actual).save(ACTUAL / f"{golden.stem}.diff.png")
    return f"tests/golden/{ACTUAL.name}/"
