"""Where settings come from: one TOML file and the environment, with every value's origin."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableEnvironment

PREFIX = "JIANLIU_"
DATABASE_URL = "JIANLIU_DATABASE_URL"


class SettingsError(Exception):
    """The configuration cannot be used; `problems` has one Chinese line each, no values."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Found:
    """What was written, not checked yet.

    `variables` names the environment variable a dotted key came from; every other key came
    from `file`. `problems` are the mistakes seen while reading.
    """

    values: dict[str, Any]
    file: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def get(self, key: str) -> Any:
        """The value under a dotted key such as "wecom.secret"; None if there is none."""
        value: Any = self.values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def leaves(model: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Every key of `model` under its dotted name: "wecom.secret", "time.zone", …."""
    found: dict[str, FieldInfo] = {}
    for name, info in model.model_fields.items():
        section = section_of(info)
        if section is None:
            found[prefix + name] = info
        else:
            found |= leaves(section, f"{prefix}{name}.")
    return found


def section_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model behind a field, also where the section may be absent; None for a plain value."""
    if get_origin(info.annotation) is dict:
        return None
    for kind in (info.annotation, *get_args(info.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def entry_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model of each entry of a table of sections, such as `[connectors.website]`."""
    if get_origin(info.annotation) is not dict:
        return None
    entry = get_args(info.annotation)[1]
    return entry if isinstance(entry, type) and issubclass(entry, BaseModel) else None


def secrets(model: type[BaseModel]) -> frozenset[str]:
    """The dotted keys that are never shown and may be read from a file of their own."""
    return frozenset(key for key, info in leaves(model).items() if info.annotation is SecretStr)


def parse(path: Path) -> dict[str, Any]:
    """The TOML file as it is written.

    Raises:
        SettingsError: no such file, not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # Notepad writes a BOM
    except FileNotFoundError:
        problem = "没有这个文件。复制 config.example.toml，填好再来"
    except UnicodeDecodeError:
        problem = "不是 UTF-8 文本"
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"第 {place[1]} 行第 {place[2]} 列" if place else "结尾处"
        problem = f"{where}不合 TOML 的写法"
    except OSError as error:
        problem = f"读不了（{error.strerror}）"
    raise SettingsError([f"{path}：{problem}"])


def read(model: type[BaseSettings], path: Path | None) -> Found:
    """The file, overlaid by the environment.

    Raises:
        SettingsError: the file cannot be read at all.
    """
    values = parse(path) if path else {}
    overlay, origins, problems = _environment(model)
    return Found(_merged(values, overlay), path, origins, tuple(problems))


class _Environment(EnvSettingsSource):
    """pydantic's reader of nested variables, given the variables instead of `os.environ`."""

    def __init__(self, model: type[BaseSettings], variables: Mapping[str, str]) -> None:
        super().__init__(model)
        self.env_vars = variables


def _environment(model: type[BaseSettings]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """What our variables say, which variable says it, and what is wrong with them."""
    variables: dict[str, str] = {}
    origins: dict[str, str] = {}
    problems: list[str] = []
    ours = (name for name in os.environ if name.startswith(PREFIX))
    for name in sorted(ours, key=lambda name: (name.startswith(DATABASE_URL), name)):
        key, is_path = _key(model, name)
        if not key:
            problems.append(f"环境变量 {name}：{suggest(model, _dotted(name))}")
        elif key in origins and not name.startswith(DATABASE_URL):
            problems.append(f"环境变量 {name}：和 {origins[key]} 重复，只留一个")
        else:
            origins[key] = name
            try:
                text = Path(os.environ[name]).read_text("utf-8") if is_path else os.environ[name]
                variables[f"{PREFIX}{key.replace('.', '__')}".lower()] = text.strip()
            except (OSError, ValueError):
                problems.append(f"环境变量 {name}：它指的文件读不了")
    try:
        return _Environment(model, variables)(), origins, problems
    except UnreadableEnvironment:
        return {}, origins, [*problems, f"环境变量 {PREFIX}…__TEMPLATES：不是 JSON"]


def _dotted(name: str) -> str:
    return name.removeprefix(PREFIX).lower().replace("__", ".")


def _key(model: type[BaseModel], name: str) -> tuple[str, bool]:
    """The key a variable sets ("" for none) and whether it names a file that holds it."""
    if name == DATABASE_URL:
        return "database.url", False
    known, key = leaves(model), _dotted(name.replace(DATABASE_URL, f"{PREFIX}DATABASE__URL"))
    table = key.rpartition(".")[0]
    if (entry := _entry(model, table)) is not None:
        leaf = key.rpartition(".")[2]
        plain = leaf.removesuffix("_file")
        if leaf in leaves(entry):
            return key, False
        return (f"{table}.{plain}", True) if plain in secrets(entry) else ("", False)
    if key in known or (table in known and get_origin(known[table].annotation) is dict):
        return key, False
    key = key.removesuffix("_file")
    return (key, True) if key in secrets(model) else ("", False)


def _entry(model: type[BaseModel], table: str) -> type[BaseModel] | None:
    """The model of a section in a table of them: of "connectors.website", not of "connectors"."""
    home, _, name = table.partition(".")
    info = model.model_fields.get(home)
    return entry_of(info) if info is not None and name and "." not in name else None


def suggest(model: type[BaseModel], key: str) -> str:
    """What to say about a dotted key that does not exist, with the nearest one that does."""
    table, _, name = key.rpartition(".")
    if (entry := _entry(model, table)) is not None:
        return suggest(entry, name)
    known = leaves(model)
    homes = [f"[{home}]" for home, _, leaf in (k.rpartition(".") for k in known) if leaf == name]
    if homes:
        return f"没有这一项，它属于 {' 或 '.join(homes)}"
    prefix = f"{table}." if table else ""
    below = (k.removeprefix(prefix).partition(".")[0] for k in known if k.startswith(prefix))
    names = list(dict.fromkeys(below))
    if not names:
        return suggest(model, table)
    if near := get_close_matches(name, names, n=1):
        return f"没有这一项，是不是 {near[0]}？"
    return f"没有这一项，这里有 {'、'.join(names)}"


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with everything `above` says put over it, table by table."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            merged[name] = _merged(old, value)
        else:
            merged[name] = value
    return merged
