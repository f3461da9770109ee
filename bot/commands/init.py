"""`jianliu init`: a few questions, a configuration, and what to paste into which console."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.clock import wall
from bot.commands.console import CONFIG, MISUSE, PROBLEM, Config, Json, fail, show
from bot.settings_read import Found
from bot.setup import shapes
from bot.setup.answers import Answers, DingTalkApp, SmartBot, WeComApp, before, made, toml
from bot.setup.file import write

HELP = "第一次配置：问几个问题，写好 config.toml（0600），说清楚去哪个后台贴什么。"
SQLITE = "sqlite:///jianliu.db"
NEXT = "jianliu check"


class Which(StrEnum):
    """What can be set up."""

    WECOM = "wecom"
    BOT = "wecom_bot"
    DINGTALK = "dingtalk"


BOTH = "both"
"""A self-built app and DingTalk."""
Shape = Callable[[str], str]
Force = Annotated[bool, typer.Option("--force", help="已有配置就换掉，旧的改名留着")]
Platforms = Annotated[
    str | None,
    typer.Option(
        "--platform",
        help="用哪个平台：wecom 企业微信自建应用、wecom_bot 企业微信智能机器人、dingtalk 钉钉，"
        "几个用逗号隔开；both 是 wecom,dingtalk",
    ),
]
CorpId = Annotated[str | None, typer.Option(help="企业微信的企业 ID，ww 开头")]
AgentId = Annotated[str | None, typer.Option(help="企业微信应用的 AgentId")]
WeComSecret = Annotated[
    Path | None,
    typer.Option(help="装着企业微信应用 Secret 的文件，- 是标准输入"),
]
BotId = Annotated[str | None, typer.Option(help="企业微信智能机器人的 Bot ID")]
BotSecret = Annotated[
    Path | None,
    typer.Option(help="装着智能机器人 Secret 的文件，- 是标准输入"),
]
ClientId = Annotated[str | None, typer.Option(help="钉钉应用的 Client ID，ding 开头")]
DingTalkSecret = Annotated[
    Path | None,
    typer.Option(help="装着钉钉 Client Secret 的文件，- 是标准输入"),
]
RobotCode = Annotated[str | None, typer.Option(help="钉钉机器人编码，通常和 Client ID 相同")]
PublicUrl = Annotated[str | None, typer.Option(help="公网地址 https://…，没有就写空的")]
DatabaseUrl = Annotated[str | None, typer.Option("--database", help="数据存在哪里")]


def init(
    config: Config = CONFIG, *, platform: Platforms = None, corp_id: CorpId = None,
    agent_id: AgentId = None, wecom_secret_file: WeComSecret = None, bot_id: BotId = None,
    bot_secret_file: BotSecret = None, client_id: ClientId = None,
    dingtalk_secret_file: DingTalkSecret = None, robot_code: RobotCode = None,
    public_url: PublicUrl = None, database: DatabaseUrl = None, force: Force = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Ask what was not said, write, and tell what to do next."""
    if config.exists() and not force:
        fail(f"{config} 已经有了，什么都没有改。要重新配置请加 --force，旧的会留一份。",
             PROBLEM, json=json)  # fmt: skip
    old = before(config)
    ask = Interview(old, json=json)
    which = ask.platforms(platform)
    corp, app, bot, dingtalk = "", None, None, None
    if which != {Which.DINGTALK}:
        corp = ask.text("wecom.corp_id", "--corp-id", "企业 ID", shapes.corp_id, corp_id)
    if Which.WECOM in which:
        app = WeComApp(
            ask.text("wecom.agent_id", "--agent-id", "AgentId", shapes.agent_id, agent_id),
            ask.secret("wecom.secret", "--wecom-secret-file", "应用的 Secret", wecom_secret_file),
        )
    if Which.BOT in which:
        bot = SmartBot(
            ask.text("wecom.bot.bot_id", "--bot-id",
                     "机器人的 Bot ID（由超级管理员创建，「API 模式」选「长连接」后看得到）",
                     shapes.bot_id, bot_id),
            ask.secret("wecom.bot.secret", "--bot-secret-file", "机器人的 Secret", bot_secret_file),
        )  # fmt: skip
    if Which.DINGTALK in which:
        dingtalk = _dingtalk(ask, client_id, dingtalk_secret_file, robot_code)
    answers = Answers(
        corp, app, bot, dingtalk,
        ask.text("server.public_url", "--public-url", "公网地址（https://…，没有就回车）",
                 shapes.public_url, public_url, default=""),
        ask.text("database.url", "--database", "数据库", shapes.database_url, database,
                 default=SQLITE),
    )  # fmt: skip
    _finish(config, answers, old, force=force, json=json)


def _dingtalk(
    ask: Interview, client_id: str | None, secret: Path | None, robot_code: str | None
) -> DingTalkApp:
    client = ask.text("dingtalk.client_id", "--client-id", "Client ID", shapes.client_id, client_id)
    return DingTalkApp(
        client,
        ask.secret("dingtalk.client_secret", "--dingtalk-secret-file", "Client Secret", secret),
        ask.text("dingtalk.robot_code", "--robot-code", "机器人编码（通常和 Client ID 相同）",
                 shapes.robot_code, robot_code, default=client),
    )  # fmt: skip


def _finish(config: Path, answers: Answers, old: Found, *, force: bool, json: bool) -> None:
    from bot.setup.steps import steps

    keys = made(old, answers.database)
    try:
        aside = write(config, toml(answers, keys), replace=force, now=wall())
    except OSError as broken:
        fail(f"{config} 写不成：{broken.strerror}", PROBLEM, json=json)
    todo = steps(answers, keys)
    following = NEXT if config == CONFIG else f"{NEXT} -c {config}"
    facts = {"config": str(config), "aside": aside and str(aside), "next": following,
             "steps": [{"title": one.title, "lines": list(one.lines)} for one in todo]}  # fmt: skip
    words = [f"写好了 {config}，只有您能读（0600）。"]
    words += [f"旧的留在 {aside}；这里没有问到的项请自己抄过来。"] if aside else []
    if keys.vault_key:
        words.append("联系人资料的主密钥也在里面（vault.key）：另抄一份，和数据库分开收好。")
    words += ["", "接下来：", *(one.words(number) for number, one in enumerate(todo, 1))]
    words += ["", f"下一步：{following}"]
    show(facts, "\n".join(words), json=json)


def _which(words: str) -> str:
    """Platforms, one after the other, as their list is written."""
    named = set(re.findall(r"[^,，、\s]+", words))
    if BOTH in named:
        named = named - {BOTH} | {Which.WECOM, Which.DINGTALK}
    if not named or not named <= set(Which):
        raise ValueError(f"写 {'、'.join(Which)} 里的一个或几个，用逗号隔开")
    return ",".join(sorted(named))


class Interview:
    """Takes what options say, and asks for the rest; nothing is asked when JSON is wanted."""

    def __init__(self, old: Found, *, json: bool) -> None:
        self._old = old
        self._json = json

    def platforms(self, given: str | None) -> set[Which]:
        """Which platforms; by default those of the older configuration."""
        if given is not None:
            return set(map(Which, self._held("--platform", _which, given).split(",")))
        sections = {"wecom.secret": Which.WECOM, "wecom.bot": Which.BOT, "dingtalk": Which.DINGTALK}
        there = [one for section, one in sections.items() if self._old.get(section)]
        question = f"用哪个平台（{'、'.join(Which)}，几个用逗号隔开）"
        default = ",".join(there or (Which.WECOM, Which.DINGTALK))
        return set(map(Which, self._asked("--platform", question, _which, default).split(",")))

    def text(
        self, key: str, option: str, question: str, shape: Shape, given: str | None,
        *, default: str | None = None,
    ) -> str:  # fmt: skip
        """One value; the older configuration's is offered."""
        if given is not None:
            return self._held(option, shape, given)
        old = self._old.get(key)
        return self._asked(option, question, shape, default if old is None else str(old))

    def secret(self, key: str, option: str, question: str, given: Path | None) -> str:
        """One secret, from a file or typed unseen; Enter keeps the older one."""
        if given is not None:
            return self._held(option, shapes.secret, self._read(option, given).strip())
        old = str(self._old.get(key) or "")
        kept = "（回车：用原来的）" if old else ""

        def answered(words: str) -> str:
            return old if old and not words else shapes.secret(words)

        return self._asked(option, question + kept, answered, "" if old else None, hidden=True)

    def _read(self, option: str, file: Path) -> str:
        try:
            return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        except (OSError, UnicodeError):
            fail(f"{option}：{file} 读不了", MISUSE, json=self._json)

    def _held(self, option: str, shape: Shape, value: str) -> str:
        try:
            return shape(value)
        except ValueError as wrong:
            fail(f"{option}：{wrong}", MISUSE, json=self._json)

    def _asked(
        self, option: str, question: str, shape: Shape, default: str | None, *,
        hidden: bool = False,
    ) -> str:  # fmt: skip
        """The answer, asked again while it does not fit."""
        if self._json:
            if default is None:
                fail(f"缺少 {option}", MISUSE, json=True)
            return self._held(option, shape, default)
        while True:
            try:
                words = typer.prompt(question, default=default, hide_input=hidden, err=True,
                                     show_default=not hidden)  # fmt: skip
                return shape(str(words).strip())
            except typer.Abort:
                fail(f"没有得到「{question}」的答案；脚本里请用 {option}", MISUSE)
            except ValueError as wrong:
                typer.echo(f"  {wrong}", err=True)
