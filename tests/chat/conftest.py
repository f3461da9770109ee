"""One office per database for the whole folder; each test starts on Monday 10:00."""

from __future__ import annotations

import pytest

from tests import postgres_kit
from tests.chat import lead_kit
from tests.office import open_office


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)]
)
def _open(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    if request.param == "sqlite":
        with open_office(folder) as office:
            yield office
    else:
        server = request.getfixturevalue("postgres_server")
        with postgres_kit.fresh(server) as url, open_office(folder, url) as office:
            yield office


@pytest.fixture
def opened(office):
    """The office with a lead that 张三 has and has opened."""
    return lead_kit.opened(office)


@pytest.fixture
def called(office):
    """The same, and the customer was called."""
    return lead_kit.called(office)
