"""How the product's cards look, held by pictures: `tests/golden/`, renewed with UPDATE_GOLDEN=1."""

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
from tests.browser_kit import chromium, server
from tests.simulator.kit import EchoWorld

GOLDEN = Path(__file__).parents[1] / "golden"
ACTUAL = GOLDEN / "actual"
TOLERATED = 32  # of 255, in any channel of a pixel
ALLOWED = 0.01  # share of the pixels that may differ more
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


@pytest.fixture(scope="module")
def gallery():
    app = FastAPI()
    app.include_router(router(samples()))
    app.include_router(phones_page.router(EchoWorld()))
    with server(app) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, device_scale_factor=2)
        page.goto(f"{url}/sim/cards")
        page.evaluate("document.fonts.ready")
        yield page
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "card", "state"), CELLS)
def test_a_card_looks_as_it_did(gallery, name, card, state, theme):
    cell = gallery.locator(f'[data-card="{card}"][data-state="{state}"][data-theme="{theme}"] li')
    actual = Image.open(io.BytesIO(cell.screenshot())).convert("RGB")
    golden = GOLDEN / f"{name}-{theme}.png"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        actual.quantize(64).save(golden, optimize=True)
    expected = Image.open(golden).convert("RGB")
    if (share := _differing(expected, actual)) > ALLOWED:
        pytest.fail(f"{share:.1%} of {golden.name} differ, see {_keep(golden, expected, actual)}")


def test_the_pictures_stay_small():
    pictures = list(GOLDEN.glob("*.png"))
    assert len(pictures) == 2 * len(CELLS) <= 16
    assert max(picture.stat().st_size for picture in pictures) < 40 * 1024


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
