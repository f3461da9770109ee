"""What the documents say exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.cli import app
from tests.house.source import ROOT, files

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
MAKEFILE = (ROOT / "Makefile").read_text()
FENCE = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
PIN = re.compile(r"^([\w.-]+)(?:\[.*\])?==(\S+)(.*?)(?=^\w|\Z)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:href|src)="([^"]+)\"""")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_our_files_leads_somewhere(document: Path) -> None:
    targets = [a or b for a, b in LINK.findall(document.read_text("utf-8"))]
    dead = [
        target
        for target in targets
        if not re.match(r"https?:|#|mailto:", target)
        and not (document.parent / target.partition("#")[0]).exists()
    ]
    assert dead == []


def commands(document: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return [line for block in FENCE.findall(text) for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("document", ["README.md", "README_EN.md"])
def test_every_command_in_the_readme_exists(document: str) -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    for line in commands(document):
        program, *words = line.split()
        if program == "make":
            assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE), line
        else:
            assert program == ".venv/bin/jianliu", line
            assert words[0] in known, line


def test_both_readmes_show_the_same_commands() -> None:
    assert commands("README.md") == commands("README_EN.md")
    assert commands("README.md")[:2] == ["make demo", "make test"]


def test_the_architecture_fits_on_a_few_pages_and_its_picture_is_well_formed() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150
    ET.parse(ROOT / "docs/architecture.svg")


def test_every_decision_is_in_the_list_and_is_short() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text()
    for decision in folder.glob("0*.md"):
        text = decision.read_text()
        assert f"]({decision.name})" in index
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_the_locks_pin_every_dependency_with_hashes_and_agree() -> None:
    pins = {}
    for lock in ("requirements-dev.lock", "requirements.lock"):
        text = (ROOT / lock).read_text()
        entries = PIN.findall(text)
        assert all("--hash=sha256:" in hashes for _, _, hashes in entries)
        pins[lock] = {name: version for name, version, _ in entries}
    run, dev = pins["requirements.lock"], pins["requirements-dev.lock"]
    assert run.items() <= dev.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    assert wanted | {"hatchling", "editables"} <= run.keys()
