"""One office per database for the whole folder; each test starts on Monday 10:00.

A story is played on one of the two databases, which one its name decides, so that half of
them meet each; what differs between databases is held below, on both. `DRILLS=1` plays every
story on both.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from tests import postgres_kit
from tests.drills.seed import LONG
from tests.office import open_office

DATABASES = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config, items):
    """Leave out every second play of a story."""
    if LONG:
        return
    dropped = [item for item in items if not _its_turn(item)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if _its_turn(item)]


def _its_turn(item) -> bool:
    spec = getattr(item, "callspec", None)
    if spec is None or "_open" not in spec.params or Path(__file__).parent not in item.path.parents:
        return True
    story = "".join(part for part in item.nodeid.split("-") if part not in DATABASES)
    story = story.replace("[sqlite", "[").replace("[postgresql", "[")
    return DATABASES[zlib.crc32(story.encode()) % 2] == spec.params["_open"]


@pytest.fixture(
    scope="session", params=[DATABASES[0], pytest.param(DATABASES[1], marks=pytest.mark.pg)]
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
