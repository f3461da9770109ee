"""`jianliu init`: a few answers, a configuration only its owner reads, and what to paste where."""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.platforms.codec import Codec
from bot.settings import Settings, load
from bot.setup.file import write

CORP, AGENT, CLIENT = "ww0123456789abcdee", "1000002", "dingqwertyuiopasdf"
SECRET, CLIENT_SECRET = "app-secret-that-nobody-may-see", "client-secret-that-nobody-may-see"
HOST = "https://bot.example.com"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("JIANLIU_")]:
        monkeypatch.delenv(name)
    Path("wecom.secret").write_text(f"{SECRET}\n")
    Path("bot.secret").write_text(f"{SECRET}\n")
    Path("dingtalk.secret").write_text(f"{CLIENT_SECRET}\n")


def init(*words: str, answers: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["init", *words], input=answers)
    assert "Traceback" not in done.output
    assert SECRET not in done.output
    assert CLIENT_SECRET not in done.output
    return done.exit_code, done.stdout, done.stderr


EVERYTHING = (
    "--platform", "both", "--corp-id", CORP, "--agent-id", AGENT, "--wecom-secret-file",
    "wecom.secret", "--client-id", CLIENT, "--dingtalk-secret-file", "dingtalk.secret",
    "--robot-code", CLIENT, "--public-url", HOST, "--database", "sqlite:///jianliu.db",
)  # fmt: skip


def written(path: str = "config.toml") -> Settings:
    return load(Path(path))


def test_a_script_gives_every_answer_as_an_option() -> None:
    code, out, _ = init(*EVERYTHING, "--json")
    assert code == 0
    settings, facts = written(), json.loads(out)
    assert settings.wecom is not None
    assert settings.dingtalk is not None
    assert (settings.wecom.corp_id, settings.wecom.agent_id) == (CORP, 1000002)
    assert settings.wecom.secret.get_secret_value() == SECRET
    assert settings.dingtalk.client_secret.get_secret_value() == CLIENT_SECRET
    assert settings.dingtalk.robot_code == CLIENT
    assert settings.server.public_url == HOST
    assert stat.S_IMODE(Path("config.toml").stat().st_mode) == 0o600
    assert (facts["config"], facts["aside"], facts["next"]) == (
        "config.toml", None, "jianliu check"
    )  # fmt: skip


def test_a_person_is_asked_and_a_wrong_answer_is_explained_at_once() -> None:
    answers = ("pigeon", "wecom", "1000002", CORP, "one", AGENT, "short", SECRET, "http://bot",
               HOST, "mysql://x", "")  # fmt: skip
    code, out, err = init(answers="".join(f"{line}\n" for line in answers))
    assert code == 0, err
    for words in ("写 wecom、wecom_bot、dingtalk 里的一个或几个", "ww 开头", "AgentId 是一个整数",
                  "Secret 是一长串", "要用 https", "sqlite:/// 或 postgresql"):  # fmt: skip
        assert words in err
    settings = written()
    assert settings.dingtalk is None
    assert settings.wecom is not None
    assert settings.wecom.secret.get_secret_value() == SECRET
    assert settings.database.url.get_secret_value() == "sqlite:///jianliu.db"
    assert out.rstrip().endswith("下一步：jianliu check")


def test_what_is_to_be_pasted_is_what_was_written() -> None:
    _, out, _ = init(*EVERYTHING)
    settings = written()
    assert settings.wecom is not None
    token = settings.wecom.token.get_secret_value()
    key = settings.wecom.aes_key.get_secret_value()
    assert re.fullmatch(r"[A-Za-z0-9]{32}", token)
    assert re.fullmatch(r"[A-Za-z0-9]{43}", key)
    sealed = Codec(token, key, CORP).encrypt(b"1", "n", "1")
    assert Codec(token, key, CORP).verify_and_decrypt(
        sealed.signature, "1", "n", sealed.encrypted
    ) == b"1"  # fmt: skip
    for line in (f"URL             {HOST}/wecom/callback", f"Token           {token}",
                 f"EncodingAESKey  {key}", "     bot.example.com"):  # fmt: skip
        assert line in out
    assert settings.vault.key.get_secret_value() not in out


def test_the_steps_come_in_the_order_the_consoles_take_them() -> None:
    """WeCom checks the address while it is saved, and takes a trusted IP only afterwards."""
    _, out, _ = init(*EVERYTHING)
    order = ["Stream 模式", "权限管理", "版本管理与发布", "反向代理", "jianliu import people",
             "jianliu run", "设置API接收", "企业可信IP", "可信域名"]  # fmt: skip
    places = [out.index(words) for words in order]
    assert places == sorted(places)


def test_one_platform_alone_hears_nothing_of_the_other() -> None:
    _, out, _ = init("--platform", "dingtalk", "--client-id", CLIENT, "--robot-code", CLIENT,
                     "--public-url", "",
                     "--dingtalk-secret-file", "dingtalk.secret",
                     "--database", "sqlite:///x.db")  # fmt: skip
    assert "企业微信" not in out
    assert written().wecom is None


BOT = ("--corp-id", CORP, "--bot-id", "aibAbc123_x", "--bot-secret-file", "bot.secret",
       "--public-url", "", "--database", "sqlite:///x.db")  # fmt: skip


def test_a_smart_bot_needs_no_address_and_hears_nothing_of_callbacks() -> None:
    code, out, err = init("--platform", "wecom_bot", *BOT)
    assert code == 0, err
    wecom = written().wecom
    assert wecom is not None
    assert wecom.bot is not None
    assert (wecom.has_app, wecom.corp_id, wecom.bot.bot_id) == (False, CORP, "aibAbc123_x")
    assert wecom.bot.secret.get_secret_value() == SECRET
    for words in ("回调", "反向代理", "可信", "钉钉"):
        assert words not in out
    order = ["jianliu import people", "jianliu run", "超级管理员", "先说一句话"]
    places = [out.index(words) for words in order]
    assert places == sorted(places)


def test_a_smart_bot_goes_with_the_other_platforms_and_is_kept_by_force() -> None:
    words = [word for word in EVERYTHING if word != "both"]
    code, _, err = init(words[0], "wecom_bot，both", *words[1:], *BOT[2:6])
    assert code == 0, err
    old = written()
    assert old.wecom is not None
    assert (old.wecom.has_app, old.wecom.bot is not None) == (True, True)
    assert init("--force", "--json")[0] == 0
    assert (written().wecom, written().dingtalk) == (old.wecom, old.dingtalk)


def test_a_secret_comes_from_the_standard_input_or_is_missed_in_words() -> None:
    words = ["--platform", "wecom_bot、", *BOT]
    words[words.index("bot.secret")] = "-"
    assert init(*words, answers=f"{SECRET}\n")[0] == 0
    bot = written().wecom and written().wecom.bot
    assert bot is not None
    assert bot.secret.get_secret_value() == SECRET
    words[words.index("-")] = "nowhere"
    code, _, err = init(*words, "--force")
    assert (code, "--bot-secret-file：nowhere 读不了" in err) == (2, True)


def test_wecom_without_a_public_address_is_told_what_is_missing() -> None:
    _, out, _ = init("--platform", "wecom", "--corp-id", CORP, "--agent-id", AGENT,
                     "--wecom-secret-file", "wecom.secret", "--public-url", "",
                     "--database", "sqlite:///x.db")  # fmt: skip
    assert "要有公网地址才能收消息" in out


def test_an_existing_configuration_is_never_touched() -> None:
    Path("config.toml").write_text("# mine\n")
    code, _, err = init(*EVERYTHING)
    assert code == 1
    assert "--force" in err
    assert Path("config.toml").read_text() == "# mine\n"


def test_a_configuration_that_appears_meanwhile_is_not_touched_either() -> None:
    path = Path("config.toml")
    path.write_text("# mine\n")
    with pytest.raises(FileExistsError):
        write(path, "# other", replace=False, now=datetime.now(UTC))
    assert path.read_text() == "# mine\n"


def test_force_keeps_the_old_one_and_every_key_a_console_or_the_data_goes_by() -> None:
    init(*EVERYTHING)
    old, before = written(), Path("config.toml").read_text()
    code, out, _ = init("--force", "--json", "--public-url", "https://new.example.com")
    assert code == 0, out
    new, aside = written(), Path(json.loads(out)["aside"])
    assert aside.read_text() == before
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert new.server.public_url == "https://new.example.com"
    assert new.wecom == old.wecom
    assert new.dingtalk == old.dingtalk
    assert new.vault == old.vault


def test_a_database_with_a_key_of_its_own_gets_no_second_one() -> None:
    """The file beside the database opens its data; another key would lock it out."""
    Path("jianliu.db.key").write_text("ab" * 32)
    init(*EVERYTHING)
    assert written().vault.key.get_secret_value() == ""


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--platform", "wecom", "--corp-id", "dingabc"), "--corp-id"),
        (("--platform", "wecom", "--corp-id", CORP, "--agent-id", "0"), "--agent-id"),
        (("--platform", "dingtalk", "--client-id", CORP), "--client-id"),
        (("--platform", "wecom"), "--corp-id"),
        (("--platform", "wecom_bot", "--corp-id", CORP, "--bot-id", "a b"), "--bot-id"),
        (("--platform", "wecom,feishu"), "--platform"),
        (("--platform", ""), "--platform"),
        ((), "--corp-id"),
    ],
)
def test_a_script_with_a_wrong_or_missing_answer_is_told_the_option(words, option) -> None:
    code, out, _ = init(*words, "--json")
    assert code == 2
    assert option in json.loads(out)["errors"][0]
    assert not Path("config.toml").exists()


def test_nobody_at_the_keyboard_is_misuse_and_not_a_wait() -> None:
    code, _, err = init("--platform", "wecom")
    assert code == 2
    assert "--corp-id" in err
