"""The phones page in a real browser, over an echoing world."""

from __future__ import annotations

import pytest

from tests.browser_kit import chromium, server
from tests.simulator.kit import EchoWorld, application


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def site():
    world = EchoWorld()
    with server(application(world)) as url:
        world.origin = url
        yield url


@pytest.fixture
def complaints():
    """What the page's console said, violations of the content policy among it."""
    return []


@pytest.fixture
def page(browser, site, complaints):
    """A fresh page over empty phones; a complaint on its console fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=site)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.request.post("/sim/api/reset")
    page.goto("/sim")
    yield page
    context.close()
    assert complaints == []
