"""What the repository holds: its files and the syntax trees of its own Python."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "cards", "connectors", "engine", "handlers", "sales", "scheduler")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())


def modules() -> tuple[Path, ...]:
    """The product's own Python files, without tests."""
    return tuple(
        path
        for path in files()
        if path.suffix == ".py" and (inside(path, *FOLDERS) or path.name == "jianliu.py")
    )


def inside(path: Path, *folders: str) -> bool:
    """Whether `path` lies in one of these folders of the repository."""
    return any(path.is_relative_to(ROOT / folder) for folder in folders)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name(path: Path, node: ast.AST | None = None) -> str:
    """Where something stands, to click on: `bot/inbox.py:12`."""
    line = getattr(node, "lineno", 1)
    return f"{path.relative_to(ROOT)}:{line}"
