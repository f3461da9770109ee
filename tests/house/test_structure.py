"""The shape of the code: small files, small functions, words on everything public."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import grimp  # what import-linter reads the imports with
import pytest

from tests.house.source import ROOT, files, functions, inside, modules, name, tree

MOST_LINES = 400
MEDIAN_LINES = 120
MOST_LINES_IN_A_FUNCTION = 60
MIGRATIONS = "bot/migrations/versions"  # one long list of tables, written by a generator
PACKAGES = ("bot", "cards", "connectors", "engine", "handlers", "sales", "scheduler")
SDKS = {"aibot", "wechatpy", "dingtalk", "dingtalk_stream", "requests"}
COMPARED_IN_CONSTANT_TIME = {"signature", "sign", "token", "mac", "hmac", "digest", "hexdigest"}


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_python_file_has_more_than_400_lines_and_half_have_at_most_120() -> None:
    lengths = {name(path): lines(path) for path in files() if path.suffix == ".py"}
    assert {path: n for path, n in lengths.items() if n > MOST_LINES} == {}
    assert median(lengths[name(path)] for path in modules()) <= MEDIAN_LINES


def test_no_function_has_more_than_60_lines() -> None:
    long = [
        name(path, function)
        for path in modules()
        if not inside(path, MIGRATIONS)
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno >= MOST_LINES_IN_A_FUNCTION
    ]
    assert long == []


def test_everything_public_says_what_it_is() -> None:
    silent = [
        name(path, node)
        for path in modules()
        if not inside(path, MIGRATIONS)
        for node in public(tree(path))
        if ast.get_docstring(node) is None
    ]
    assert silent == []


def public(module: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    """A module, its public classes with their public methods, its public functions."""
    yield module
    for node in module.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from (
                method
                for method in node.body
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                and not method.name.startswith("_")
            )


def test_d03_secrets_and_signatures_are_never_compared_with_equals() -> None:
    careless = [
        name(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare)
        and any(isinstance(sign, ast.Eq | ast.NotEq) for sign in node.ops)
        and any(is_secret(side) for side in (node.left, *node.comparators))
        and not any(is_column(side) for side in (node.left, *node.comparators))
    ]
    assert careless == []


def is_column(node: ast.expr) -> bool:
    """Whether this is a parameter of SQL: the database compares, and not with what we guard."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "bindparam"


def is_secret(node: ast.expr) -> bool:
    """Whether a name, attribute, key or call is named like a secret or a signature."""
    if isinstance(node, ast.Call):
        return is_secret(node.func)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        text = str(node.slice.value)
    else:
        text = getattr(node, "attr", getattr(node, "id", ""))
    return not COMPARED_IN_CONSTANT_TIME.isdisjoint(re.split(r"[_\W]+", text.lower()))


@pytest.mark.parametrize(
    ("comparison", "caught"),
    [
        ("a.msg_signature == b", True),
        ("x != token", True),
        ("query['sign'] == s", True),
        ("mac(body) == m", True),
        ("m == sha1(body).hexdigest()", True),
        ("reason == 'signature'", False),
        ("assign == design", False),
    ],
)
def test_the_comparison_rule_sees_what_it_should(comparison: str, *, caught: bool) -> None:
    node = ast.parse(comparison, mode="eval").body
    assert any(map(is_secret, (node.left, *node.comparators))) is caught


def test_the_platforms_sdks_are_imported_by_tests_only() -> None:
    imported = [
        name(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not SDKS.isdisjoint(module.split(".")[0] for module in imports(node))
    ]
    assert imported == []


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    try:
        TopologicalSorter(
            {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
        ).prepare()
    except CycleError as problem:
        pytest.fail(f"a circle: {' <- '.join(problem.args[1])}")


def imports(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if not node.level else []
    return [alias.name for alias in node.names]


def test_only_the_command_line_prints() -> None:
    printing = [
        name(path, node)
        for path in modules()
        if not path.match("bot/cli*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert printing == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    folders = r"/(?:work|root|opt/pypi|home/[a-z]+)/"
    hosts = r"py[p]i\.org|python[h]osted|registry\.n[p]mjs|(?<!no-emit-)inde[x]-url"  # not us
    told = re.compile(rf"(?<![\w.~/-]){folders}|{hosts}".encode())
    found = [
        f"{path.relative_to(ROOT)}: {leak[0].decode()}"
        for path in files()
        if path.suffix not in {".png", ".otf", ".ttf"} and (leak := told.search(path.read_bytes()))
    ]
    assert found == []
