"""What tests do on the phones page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WECOM, DINGTALK, BOSS = (
    f'[data-name="{name}"]' for name in ("张三的企业微信", "张三的钉钉", "王经理的企业微信")
)


def type_line(page: Page, phone: str, line: str) -> None:
    page.locator(f"{phone} .say input").fill(line)
    page.locator(f"{phone} .say input").press("Enter")


def serious(page: Page, context: dict, rules: dict) -> list:
    """Axe's serious and critical findings, with where."""
    found = Axe().run(page, context, {"resultTypes": ["violations"], "rules": rules})
    return [
        (v["id"], [node["html"][:120] for node in v["nodes"]])
        for v in found.response["violations"]
        if v["impact"] in {"serious", "critical"}
    ]
