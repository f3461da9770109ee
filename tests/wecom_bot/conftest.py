"""A database with the demo company, planted once and copied for every test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.wecom_bot.kit import plant


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    plant(f"sqlite:///{folder}/jianliu.db")
    return folder


@pytest.fixture
def planted(tmp_path: Path, _template: Path) -> str:
    """The address of a database of one's own."""
    for file in _template.glob("jianliu.db*"):
        shutil.copy(file, tmp_path)
    return f"sqlite:///{tmp_path}/jianliu.db"
