"""The wheel: nothing at the top level but ours alone, and it runs (decision 0005)."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.source import FOLDERS, ROOT, files, inside

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"), "build_wheel")


def built(folder: Path, hook: str) -> Path:
    """The file that a front end gets from the build backend, without any network."""
    call = f"import sys, hatchling.build as b; print(b.{hook}(sys.argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", call, folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return folder / made.stdout.split()[-1]


def test_the_wheel_puts_nothing_common_at_the_top_level(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"jianliu.py", "_jianliu"}


def test_the_wheel_holds_every_file_of_the_seven_folders(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("_jianliu/")}
    ours = {f"_jianliu/{path.relative_to(ROOT)}" for path in files() if inside(path, *FOLDERS)}
    assert packed == ours


def test_no_installed_distribution_provides_one_of_our_names() -> None:
    taken = packages_distributions()
    assert [name for name in FOLDERS if set(taken.get(name, [])) - {"jianliu"}] == []


def test_the_command_runs_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'jianliu'; "
        "import atexit, jianliu; atexit.register(lambda: print(sys.modules['bot'].__file__)); "
        "jianliu.main()"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code, tmp_path, "version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    version, place = ran.stdout.splitlines()
    assert version == f"建流 {PROJECT['version']}"
    assert place == str(tmp_path / "_jianliu/bot/__init__.py")


def test_an_editable_install_points_at_the_checkout(tmp_path: Path) -> None:
    with zipfile.ZipFile(built(tmp_path, "build_editable")) as archive:
        paths = [archive.read(name) for name in archive.namelist() if name.endswith(".pth")]
    assert [path.decode().strip() for path in paths] == [str(ROOT)]
