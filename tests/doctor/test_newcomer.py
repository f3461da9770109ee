"""A newcomer's first ten minutes: init, check, doctor, run, and the bot answers on both sides."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.settings import load
from bot.simulator.phones import PlatformName
from tests.doctor.kit import CLIENT, CLIENT_SECRET, CORP, SECRET, Company, served

PATIENCE = 60.0
PEOPLE = """姓名,角色,上级,区域,企业微信账号,钉钉账号
张三,销售,,华东,zhangsan,d001
李四,销售,,华东,lisi,
"""


class Newcomer:
    """An empty folder, the command line in it, and an environment that names the fakes."""

    def __init__(self, folder: Path, platforms: int, port: int) -> None:
        self.folder = folder
        base = f"http://127.0.0.1:{platforms}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JIANLIU")}
        self.environment = inherited | {
            "JIANLIU_ALLOW_UNOFFICIAL_API": "true",
            "JIANLIU_SERVER__PORT": str(port),
            "JIANLIU_WECOM__API_BASE": base,
            "JIANLIU_WECOM__OAUTH_BASE": base,
            "JIANLIU_DINGTALK__API_BASE": base,
            "JIANLIU_DINGTALK__OAPI_BASE": base,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "jianliu", *words], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    async def types(self, *words: str) -> tuple[int, str]:
        """Run a command to its end, while the platforms in this process go on."""
        process = self.start(*words)
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        assert "Traceback" not in err, err
        assert SECRET not in out + err
        assert CLIENT_SECRET not in out + err
        return process.returncode, out

    async def doctor(self) -> tuple[int, dict[str, dict[str, Any]]]:
        code, out = await self.types("doctor", "--json")
        return code, {one["check"]: one for one in json.loads(out)["findings"]}


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - conditions of any kind, no event to wait for
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def seen_by(company: Company, platform: PlatformName, account: str) -> list[str]:
    return [str(m.wire) for m in company.phones if (m.platform, m.account) == (platform, account)]


async def first_ten_minutes(folder: Path) -> None:
    port, platforms = free_port(), free_port()
    newcomer, public_url = Newcomer(folder, platforms, port), f"http://127.0.0.1:{port}"
    (folder / "wecom.secret").write_text(SECRET)
    (folder / "dingtalk.secret").write_text(CLIENT_SECRET)
    (folder / "同事.csv").write_text(PEOPLE)

    code, said = await newcomer.types(
        "init", "--platform", "both", "--corp-id", CORP, "--agent-id", "1000002",
        "--wecom-secret-file", "wecom.secret", "--client-id", CLIENT, "--robot-code", CLIENT,
        "--dingtalk-secret-file", "dingtalk.secret", "--public-url", public_url, "--database", "sqlite:///jianliu.db",
    )  # fmt: skip
    assert code == 0
    assert said.rstrip().endswith("jianliu check")
    assert (await newcomer.types("check"))[0] == 0

    settings = load(folder / "config.toml")
    assert settings.wecom is not None
    assert settings.dingtalk is not None
    company = Company(public_url, (settings.wecom, settings.dingtalk))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(company.http.aclose)
        await stack.enter_async_context(served(company.app, port=platforms))
        code, found = await newcomer.doctor()
        assert code == 1
        bad = {name for name, one in found.items() if one["verdict"] == "bad"}
        assert bad == {"wecom.callback"}, found
        assert "先启动 jianliu run" in found["wecom.callback"]["fix"]

        assert (await newcomer.types("import", "people", "同事.csv"))[0] == 0
        service = newcomer.start("run")
        try:
            await until(lambda: company.wecom.menu and company.dingtalk.gateway.lines)
            assert await company.wecom.verify() == "ok"  # 保存 in the console
            code, found = await newcomer.doctor()
            bad = [one for one in found.values() if one["verdict"] == "bad"]
            assert (code, bad) == (0, [])
            running = ("service", "wecom.callback", "wecom.app", "wecom.menu", "dingtalk.stream",
                       "dingtalk.robot", "database", "vault", "audit")  # fmt: skip
            assert {found[name]["verdict"] for name in running} == {"good"}, found

            await company.wecom.say("zhangsan", "/帮助")
            await company.dingtalk.say("d001", "/帮助")
            await until(lambda: any("/商机" in m for m in seen_by(company, "wecom", "zhangsan")))
            await until(lambda: any("/商机" in m for m in seen_by(company, "dingtalk", "d001")))
            _, found = await newcomer.doctor()
            assert found["dingtalk.published"]["verdict"] == "good"
        finally:
            service.send_signal(signal.SIGTERM)
            await asyncio.to_thread(service.communicate, timeout=PATIENCE)
            await company.dingtalk.close()


@pytest.mark.timeout(300)
def test_from_an_empty_folder_to_an_answer_on_both_platforms(tmp_path) -> None:
    asyncio.run(first_ten_minutes(tmp_path))
