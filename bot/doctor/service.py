"""The service on this machine, asked how it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bot.doctor.finding import Case, Finding, bad, good, skipped, warn

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  a name for it, nothing listens here
STREAM = "dingtalk stream"
NOT_HERE = "这台机器上没有在运行的服务"
SILENT = 300
"""Seconds without a frame after which a Stream connection is taken for dead; pings come oftener."""
_FIXES: Mapping[str, str] = {
    "database": "看数据库；没升级的 jianliu migrate",
    "writer": "重启 jianliu run",
    STREAM: "看外网和 Client Secret，它自己会重连",
    "wecom bot": "看「企业微信机器人」这一项；它自己会再连",
    "disk": "清理磁盘，腾出空间就恢复",
}


async def ready(case: Case) -> Finding:
    """Whether it can take work, and if not, why."""
    told, status = await ask(case)
    if told is None:
        return skipped(NOT_HERE)
    if "ready" not in told:
        return warn(
            f"端口 {case.settings.server.port} 上答的不是建流",
            "别的程序占着这个端口",
            "换一个 server.port，或者停掉那个程序",
        )
    if told["ready"]:
        return good("在运行，可以接活")
    reasons = [str(one) for one in told.get("reasons") or []]
    if not reasons:
        return bad(
            f"HTTP {status}，不能接活",
            "它不肯说原因：server.metrics_token 和它启动时的不一样",
            "看服务的日志，或者重启它",
        )
    fixes = (fix for begin, fix in _FIXES.items() if reasons[0].startswith(begin))
    return bad("；".join(reasons), "服务自己说的", next(fixes, "看 worker 在不在、数据库慢不慢"))


async def stream(case: Case) -> Finding:
    """How long ago the running service heard from DingTalk."""
    if case.settings.dingtalk is None or case.settings.dingtalk.mode != "stream":
        return skipped("没有用钉钉 Stream")
    told, _ = await ask(case)
    state = (told or {}).get("stream")
    if not isinstance(state, dict):
        return skipped(NOT_HERE if told is None else "正在运行的服务没有说")
    silent = int(state.get("silent_seconds", 0))
    if not state.get("connected"):
        return bad(
            f"没有连上，{silent} 秒没有动静",
            "外网不通、密钥不对，或者别的程序用同一个应用连着",
            "先看「钉钉网关」这一项；它自己会一直重连",
        )
    if silent > SILENT:
        return warn(f"连着，但 {silent} 秒没有收到任何帧", "连接可能已经死了", "重启 jianliu run")
    return good(f"连着，{silent} 秒前还有动静")


async def ask(case: Case) -> tuple[dict[str, Any] | None, int]:
    """What `/readyz` of this machine says, and its status; None when nobody answers."""
    server = case.settings.server
    host = "127.0.0.1" if server.host in EVERYWHERE else server.host
    shown = server.metrics_token.get_secret_value()
    headers = {"authorization": f"Bearer {shown}"} if shown else {}
    try:
        response = await case.here.get(f"http://{host}:{server.port}/readyz", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None, 0
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    return (answer if isinstance(answer, dict) else {}), response.status_code
