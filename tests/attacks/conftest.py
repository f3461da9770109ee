"""One office for the whole folder; each test starts on Monday 10:00."""

from __future__ import annotations

import pytest

from tests.office import open_office


@pytest.fixture(scope="session")
def _open(tmp_path_factory):
    with open_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(_open):
    _open.reset()
    return _open
