"""Deployment settings: closed, complete complaints, no secret ever shown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import (
    WECOM_API,
    WECOM_GATEWAY,
    DatabaseSettings,
    DingTalkSettings,
    Settings,
    SettingsError,
    WeComSettings,
    load,
    loose_permissions,
    masked,
)
from bot.settings_read import leaves

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WECOM = f"""
[wecom]
corp_id = "ww1"
agent_id = 1000002
secret = "hush-corp-secret"
token = "hushtoken"
aes_key = "{KEY}"
"""
SECRETS = ("hush-corp-secret", "hushtoken", KEY)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith("JIANLIU_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def problems(path: Path | None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.problems


def test_nothing_configured_is_a_sqlite_file_on_this_machine() -> None:
    settings = load(None)
    assert settings == Settings()
    assert settings.database.url.get_secret_value() == "sqlite:///jianliu.db"
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8787)
    assert (settings.wecom, settings.dingtalk) == (None, None)


def test_a_file_is_read_and_the_environment_wins(config, monkeypatch) -> None:
    monkeypatch.setenv("JIANLIU_WECOM__AGENT_ID", "7")
    monkeypatch.setenv("JIANLIU_SERVER__PUBLIC_URL", "https://bot.example.com/jianliu")
    settings = load(config(WECOM))
    assert settings.wecom == WeComSettings(
        corp_id="ww1", agent_id=7, secret="hush-corp-secret", token="hushtoken", aes_key=KEY
    )
    assert settings.wecom.api_base == WECOM_API
    assert settings.server.public_url == "https://bot.example.com/jianliu"


def test_a_platform_may_be_configured_by_the_environment_alone(monkeypatch) -> None:
    for key, value in {"CLIENT_ID": "d", "CLIENT_SECRET": "s", "ROBOT_CODE": "r"}.items():
        monkeypatch.setenv(f"JIANLIU_DINGTALK__{key}", value)
    monkeypatch.setenv("JIANLIU_DINGTALK__TEMPLATES__CARD", "abc.schema")
    assert load(None).dingtalk == DingTalkSettings(
        client_id="d", client_secret="s", robot_code="r", templates={"card": "abc.schema"}
    )


def test_a_secret_may_lie_in_a_file_of_its_own(config, monkeypatch, tmp_path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    monkeypatch.setenv("JIANLIU_WECOM__SECRET_FILE", str(tmp_path / "secret"))
    assert load(config(WECOM)).wecom.secret.get_secret_value() == "from-a-file"


def test_a_secret_given_twice_is_a_mistake(config, monkeypatch, tmp_path) -> None:
    (tmp_path / "secret").write_text("x")
    monkeypatch.setenv("JIANLIU_WECOM__SECRET", "x")
    monkeypatch.setenv("JIANLIU_WECOM__SECRET_FILE", str(tmp_path / "secret"))
    (line,) = problems(config(WECOM))
    assert "JIANLIU_WECOM__SECRET 重复" in line


def test_only_secrets_are_read_from_files(monkeypatch, tmp_path) -> None:
    (tmp_path / "host").write_text("0.0.0.0")
    monkeypatch.setenv("JIANLIU_SERVER__HOST_FILE", str(tmp_path / "host"))
    (line,) = problems(None)
    assert line == "环境变量 JIANLIU_SERVER__HOST_FILE：没有这一项，是不是 host？"


def test_the_database_url_variable_wins_over_everything(config, monkeypatch) -> None:
    monkeypatch.setenv("JIANLIU_DATABASE__URL", "sqlite:///other.db")
    monkeypatch.setenv("JIANLIU_DATABASE_URL", "postgresql+psycopg://u:p@h/jianliu")
    settings = load(config('[database]\nurl = "sqlite:///file.db"'))
    assert settings.database.url.get_secret_value() == "postgresql+psycopg://u:p@h/jianliu"


def test_a_wrong_key_is_answered_with_the_right_one(config) -> None:
    path = config(WECOM.replace("secret =", "secrt ="))
    assert problems(path) == (
        f"{path} 的 [wecom] secret：缺少这一项",
        f"{path} 的 [wecom] secrt：没有这一项，是不是 secret？",
    )


def test_a_key_in_the_wrong_place_is_sent_home(config) -> None:
    path = config('robot_code = "x"\n[servr]\nport = 1')
    assert problems(path) == (
        f"{path} 的 robot_code：没有这一项，它属于 [dingtalk]",
        f"{path} 的 servr：没有这一项，是不是 server？",
    )


def test_every_problem_is_listed_at_once(config, monkeypatch) -> None:
    monkeypatch.setenv("JIANLIU_TIME__ZONE", "Mars/Olympus")
    monkeypatch.setenv("JIANLIU_WECM__TOKN", "x")
    monkeypatch.setenv("JIANLIU_WECOM__SECRET_FILE", "/no/such/file")
    path = config(
        """
        [server]
        port = 70000
        public_url = "http://bot.example.com"
        [wecom]
        corp_id = ""
        agent_id = "one"
        token = "hush token!"
        aes_key = "short"
        [dingtalk]
        client_id = 5
        mode = "pigeon"
        """
    )
    assert problems(path) == (
        "环境变量 JIANLIU_WECM__TOKN：没有这一项，是不是 wecom？",
        "环境变量 JIANLIU_WECOM__SECRET_FILE：它指的文件读不了",
        f"{path} 的 [server] port：不能大于 65535",
        f"{path} 的 [server] public_url：要用 https（只有本机地址可以用 http）",
        f"{path} 的 [wecom] corp_id：不能空",
        f"{path} 的 [wecom] agent_id：要填整数",
        "环境变量 JIANLIU_WECOM__SECRET_FILE：缺少这一项",
        f"{path} 的 [wecom] token：最多 32 位，只能有字母和数字",
        f"{path} 的 [wecom] aes_key：要正好 43 位，只能有字母和数字",
        f"{path} 的 [dingtalk] client_id：要填带引号的文字",
        f"{path} 的 [dingtalk] client_secret：缺少这一项",
        f"{path} 的 [dingtalk] robot_code：缺少这一项",
        f"{path} 的 [dingtalk] mode：只能填 stream 或 http",
        "环境变量 JIANLIU_TIME__ZONE：不认识这个时区，例如 Asia/Shanghai",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = \n", "第 1 行第 5 列不合 TOML 的写法"),
        ('[server]\nhost = "a"\nhost = "b"\n', "第 3 行第 11 列不合 TOML 的写法"),
        ('[database]\nurl = "mysql://u:hushtoken@h/x"', "要以 sqlite:/// 或 postgresql+psycopg://"),
        ('[database]\nurl = "hushtoken"', "要以 sqlite:/// 或 postgresql+psycopg://"),
        ("wecom = 5", "这里是一节"),
        ('allow_unofficial_api = "maybe"', "要填 true 或 false"),
    ],
)
def test_an_unusable_file_is_answered_in_words(config, text: str, words: str) -> None:
    (line,) = problems(config(text))
    assert words in line


def test_a_missing_a_binary_and_an_unreadable_file_are_answered_in_words(tmp_path) -> None:
    assert "没有这个文件" in problems(tmp_path / "config.toml")[0]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "不是 UTF-8 文本" in problems(tmp_path / "binary")[0]
    assert "读不了" in problems(tmp_path)[0]


def test_a_file_saved_by_notepad_is_read(tmp_path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[server]\r\nport = 1\r\n")
    assert load(tmp_path / "config.toml").server.port == 1


def test_secrets_are_not_sent_to_an_unofficial_host_unless_allowed(config) -> None:
    elsewhere = WECOM + 'api_base = "https://qyapi.example.com"\noauth_base = "http://127.0.0.1:1"'
    path = config(elsewhere)
    (line,) = problems(path)
    assert line.startswith(f"{path} 的 [wecom]：api_base 不是官方地址 {WECOM_API}，oauth_base 不是")
    settings = load(config("allow_unofficial_api = true" + elsewhere))
    assert settings.wecom.api_base == "https://qyapi.example.com"


BOT = """
[wecom]
corp_id = "ww1"
[wecom.bot]
bot_id = "aib1"
secret = "bot-secret"
"""


def test_a_bot_needs_no_app_and_an_app_no_bot(config, monkeypatch) -> None:
    alone = load(config(BOT)).wecom
    assert (alone.has_app, alone.bot.bot_id, alone.bot.gateway) == (False, "aib1", WECOM_GATEWAY)
    both = load(config(WECOM + BOT.partition('"ww1"')[2])).wecom
    assert both.has_app
    assert both.bot
    monkeypatch.setenv("JIANLIU_WECOM__BOT__SECRET", "from-the-environment")
    assert load(config(BOT)).wecom.bot.secret.get_secret_value() == "from-the-environment"


def test_an_app_is_named_whole_or_not_at_all(config) -> None:
    path = config(BOT.replace("[wecom.bot]", "agent_id = 7\n[wecom.bot]"))
    missing = ("secret", "token", "aes_key")
    assert problems(path) == tuple(f"{path} 的 [wecom] {name}：缺少这一项" for name in missing)
    path = config(BOT.replace("[wecom.bot]", 'token = "t"\n[wecom.bot]'))
    (line,) = problems(path)
    assert line.startswith(f"{path} 的 [wecom] token：要和 agent_id 一起填")


def test_the_bots_secret_is_not_sent_to_an_unofficial_gateway_either(config) -> None:
    elsewhere = BOT + 'gateway = "ws://127.0.0.1:1/openws"'
    path = config(elsewhere)
    (line,) = problems(path)
    assert line.startswith(f"{path} 的 [wecom]：bot.gateway 不是官方地址 {WECOM_GATEWAY}")
    assert load(config("allow_unofficial_api = true" + elsewhere)).wecom.bot
    for wrong, why in (
        ("https://openws.work.weixin.qq.com", "要写成 wss://主机名 的样子"),
        ("ws://openws.work.weixin.qq.com", "要用 wss（只有本机地址可以用 ws）"),
    ):
        (line,) = problems(config(BOT + f'gateway = "{wrong}"'))
        assert line.endswith(f"[wecom.bot] gateway：{why}")


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.example.com",
        "http://127.0.0.1.example.com",
        "https://user@qyapi.example.com",
        "https://qyapi.example.com/",
        "https://qyapi.example.com?x=1",
        "https://qyapi.example.com:port",
        "https://[::1",
        "ftp://127.0.0.1",
        "qyapi.example.com",
        "",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(config, address: str) -> None:
    text = f'allow_unofficial_api = true{WECOM}api_base = "{address}"'
    assert "api_base" in problems(config(text))[0]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8787", "http://[::1]:1", "http://localhost"])
def test_plain_http_stays_on_this_machine(config, address: str) -> None:
    assert load(config(f'[server]\npublic_url = "{address}"')).server.public_url == address


def test_a_value_made_by_hand_never_looks_at_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("JIANLIU_SERVER__PORT", "1")
    assert Settings().server.port == 8787


def test_secrets_are_masked_wherever_settings_are_shown(config) -> None:
    settings = load(config(WECOM + '[database]\nurl = "postgresql+psycopg://u:hushtoken@h/x?a=b"'))
    shown = masked(settings)
    for text in (json.dumps(shown), repr(settings), str(settings)):
        assert not any(secret in text for secret in SECRETS)
    assert shown["wecom"]["secret"] == "**********"
    assert shown["database"]["url"] == "postgresql+psycopg://u:***@h/x"
    assert shown["dingtalk"] is None


@pytest.mark.parametrize(
    ("mode", "text", "loose"),
    [
        (0o600, WECOM, False),
        (0o640, WECOM, True),
        (0o604, WECOM, True),
        (0o644, "[server]\nport = 1", False),
        (0o644, '[database]\nurl = "sqlite:///jianliu.db"', False),
        (0o644, '[database]\nurl = "postgresql+psycopg://u:p@h/x"', True),
    ],
)
def test_a_file_with_secrets_that_others_may_read_is_noticed(config, mode, text, loose) -> None:
    path = config(text)
    path.chmod(mode)
    assert loose_permissions(path) is loose


def test_the_default_database_may_be_made_by_hand() -> None:
    assert DatabaseSettings().url.get_secret_value().startswith("sqlite")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("hushtoken"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(leaves(Settings))), json_values, max_size=8))
def test_any_values_give_settings_or_problems_without_the_values(tmp_path_factory, values) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(f"{key} = {toml(value)}" for key, value in values.items()), "utf-8")
    try:
        load(path)
    except SettingsError as error:
        words = str(error)
    else:
        words = ""
    assert "hushtoken" not in words


def toml(value) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(part)}" for key, part in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return '""' if value is None else json.dumps(value).replace("\x7f", "")
