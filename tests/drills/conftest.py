"""Every drill says its seed when it fails."""

import pytest

from tests.drills.seed import LONG, SEED


def pytest_report_header():
    return f"drills: DRILLS_SEED={SEED}{', the long form' if LONG else ''}"


@pytest.fixture(autouse=True)
def _said():
    print(f"DRILLS_SEED={SEED}")  # noqa: T201  shown when the drill fails
