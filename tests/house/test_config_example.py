"""`config.example.toml` and the settings are one thing said twice."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from bot.settings import Settings, load
from bot.settings_connectors import Connector
from bot.settings_read import Found, leaves

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text()
COMMENTED_OUT = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)
WRITTEN = Found(tomllib.loads(COMMENTED_OUT.sub("", TEXT)))


def test_the_example_as_it_stands_is_valid_and_changes_nothing() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_example_with_everything_taken_in_is_valid(tmp_path) -> None:
    full = tmp_path / "config.toml"
    full.write_text(COMMENTED_OUT.sub("", TEXT))
    settings = load(full)
    assert settings.wecom
    assert settings.wecom.bot
    assert settings.dingtalk
    assert settings.connectors


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    keys = leaves(Settings).keys() - {"connectors"}
    one = {f"connectors.website.{name}" for name in leaves(Connector)}
    assert written(WRITTEN.values) == keys | one


def written(table: dict, prefix: str = "") -> set[str]:
    """The dotted keys of a table; an empty one, such as the templates, is a value."""
    keys = set()
    for name, value in table.items():
        below = written(value, f"{prefix}{name}.") if isinstance(value, dict) else set()
        keys |= below or {prefix + name}
    return keys


def explained() -> dict:
    """Every setting by its key; of the connectors those of the one in the example."""
    one = {f"connectors.website.{name}": field for name, field in leaves(Connector).items()}
    return {k: field for k, field in leaves(Settings).items() if k != "connectors"} | one


def test_every_default_in_the_example_is_the_real_one() -> None:
    for key, field in explained().items():
        if field.default is PydanticUndefined:
            continue
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        assert WRITTEN.get(key) == default, key


def test_every_setting_has_a_comment_with_its_default_or_that_it_is_required() -> None:
    for key, field in explained().items():
        section, _, name = key.rpartition(".")
        body = TEXT.split(f"[{section}]", 1)[1] if section else TEXT
        comment = re.search(rf"((?:^# .*\n)+)#{name} = ", body, re.MULTILINE)
        assert comment, f"{key} is not explained"
        word = "必填" if field.is_required() else "默认"
        assert word in comment[1], f"{key}: {word}"
