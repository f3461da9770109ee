"""What to do in the platforms' consoles, in the order that works.

WeCom takes a trusted IP only once a callback address or a trusted domain is there, and takes
a callback address only while the service answers behind it; so the service starts first
(reference wecom.md §8.3). DingTalk tells who is speaking only once a version is published
(reference dingtalk.md §5.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.doctor.finding import CALLBACK
from bot.setup.answers import Answers, Made

SCOPES = "qyapi_robot_sendmsg（机器人发消息）、Card.Instance.Write（互动卡片）"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, with what to paste line by line."""

    title: str
    lines: tuple[str, ...] = ()

    def words(self, number: int) -> str:
        """As a person reads it."""
        return "\n".join([f"{number}. {self.title}", *(f"     {line}" for line in self.lines)])


def steps(answers: Answers, keys: Made) -> list[Step]:
    """Everything that is left to do, first things first."""
    return [
        *(_dingtalk() if answers.dingtalk is not None else ()),
        *(_proxy(answers) if answers.wecom is not None else ()),
        Step("导入同事，机器人才认识人（停着服务时做）", ("jianliu import people 同事.xlsx",)),
        Step("启动服务，另开一个窗口看哪里还不对", ("jianliu run", "jianliu doctor")),
        *(_wecom(answers, keys) if answers.wecom is not None else ()),
        *(_bot() if answers.bot is not None else ()),
        Step("在聊天里发一句 /帮助；再运行一次 jianliu doctor，应该没有 × 了"),
    ]


def _dingtalk() -> Iterator[Step]:
    yield Step(
        "钉钉 open-dev.dingtalk.com → 应用开发 → 您的应用 → 添加应用能力 → 机器人",
        ("消息接收模式：Stream 模式（不要公网地址）",),
    )
    yield Step("钉钉 同一个应用 → 权限管理，申请", (SCOPES,))
    yield Step("钉钉 同一个应用 → 事件订阅，推送方式选 Stream 模式")
    yield Step(
        "钉钉 卡片模板（可以以后再做，没有它卡片退成按钮消息）",
        ("照 docs/dingtalk-template.md 导入、发布，把模板 ID 填进 dingtalk.templates.card",),
    )
    yield Step(
        "钉钉 同一个应用 → 版本管理与发布，发布一个版本，可见范围选要用的同事",
        ("不发布，钉钉就不说是谁在说话",),
    )


def _proxy(answers: Answers) -> Iterator[Step]:
    if not answers.public_url:
        yield Step(
            "企业微信的自建应用要有公网地址才能收消息：准备一个备案过的域名，填进 config.toml",
            ('[server] 下面 public_url = "https://您的域名"',),
        )
    yield Step(
        "反向代理（nginx、Caddy……）配好 https 证书，把两个路径原样转给建流",
        (f"{CALLBACK} 和 /h5/ → http://127.0.0.1:8787", "不加跳转、登录和人机验证"),
    )


def _bot() -> Iterator[Step]:
    yield Step(
        "企业微信 智能机器人：由超级管理员创建，「API 模式」选「长连接」，使用范围加上要用的同事",
        ("别人创建的机器人，企业微信不说是谁在说话",),
    )
    yield Step("请每位同事打开和机器人的单聊，先说一句话：没说过话的人，提醒会等到他第一次开口")


def _wecom(answers: Answers, keys: Made) -> Iterator[Step]:
    app, url = "企业微信 work.weixin.qq.com → 应用管理 → 自建 → 您的应用", answers.public_url
    yield Step(f"{app} → 可见范围，加上要用的同事")
    yield Step(
        "等 doctor 的「企业微信回调」是 ✓，再到同一个应用 → 接收消息 → 设置API接收，三项照贴，保存",
        (
            f"URL             {url or 'https://您的域名'}{CALLBACK}",
            f"Token           {keys.token}",
            f"EncodingAESKey  {keys.aes_key}",
        ),
    )
    yield Step("保存之后才填得进：同一个应用 → 企业可信IP，贴 doctor 报出的出口 IP，一分钟后生效")
    host = urlsplit(url).netloc or "您的域名"
    yield Step(
        "手机上的表单页要免登录：同一个应用 → 网页授权及JS-SDK → 可信域名",
        (host, "它让您下载的 WW_verify_….txt 放到反向代理的网站根目录"),
    )
