"""A browser for the whole folder."""

import pytest

from tests.browser_kit import chromium


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, office):
    """The phones, in a browser that must not complain about anything."""
    context = browser.new_context(viewport={"width": 1440, "height": 960})
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{office.address}/sim")
    yield page
    context.close()
    assert complaints == []
