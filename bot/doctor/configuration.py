"""The configuration itself: who may read it, and values that cannot be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import SecretStr

from bot.doctor.finding import Case, Finding, bad, good, skipped, warn
from bot.settings import loose_permissions
from bot.setup import shapes

EXAMPLES = frozenset(
    {
        "ww0123456789abcdef",
        "填应用的Secret",
        "fill0in0the0token",
        "填应用的ClientSecret",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "dingabcdefghijklmnop",
        "whsec_5Lit5Zu954mI56S65L6L5a+G6ZKl5LiN6KaB55So",
    }
)
"""What `config.example.toml` has where something must be filled in."""
RIGHTS = 0o777


async def rights(case: Case) -> Finding:
    """Whether others on this machine can read the secrets."""
    if case.config is None:
        return skipped("没有配置文件，全部来自环境变量")
    mode = f"{case.config.stat().st_mode & RIGHTS:04o}"
    if loose_permissions(case.config):
        return bad(
            f"{case.config} 的权限是 {mode}",
            "这台机器上别的用户能读到密钥",
            f"chmod 600 {case.config}",
        )
    return good(f"{case.config}，{mode}")


async def platforms(case: Case) -> Finding:
    """Whether something is configured, and nothing is still what the example says."""
    names = [name for name, of in _names(case) if of is not None]
    if not names:
        return bad("企业微信和钉钉都没有配置", "收不到任何消息", "运行 jianliu init")
    left = [key for key, value, _ in _values(case) if value in EXAMPLES]
    if left:
        return bad(
            f"{'、'.join(left)} 还是示例里的值",
            "示例文件里的值只是样子",
            "运行 jianliu init，或者把它们改成自己的",
        )
    odd = [
        f"{key}：{words}" for key, value, shape in _values(case) if (words := _odd(value, shape))
    ]
    if odd:
        return warn("；".join(odd), "像是贴错了地方", "到平台后台重新复制，核对配置里的这几项")
    if case.settings.allow_unofficial_api:
        return warn(
            "allow_unofficial_api = true",
            "平台地址可以不是官方主机，只该用于演示和测试",
            "去掉 allow_unofficial_api 和各个 api_base",
        )
    return good("、".join(names))


async def keys(case: Case) -> Finding:
    """Whether Token and AES key are what encrypted callbacks need; loading held their shape."""
    dingtalk = case.settings.dingtalk
    wanted = dingtalk is not None and dingtalk.mode == "http"
    if dingtalk is not None and wanted and not _both(dingtalk.token, dingtalk.aes_key):
        return warn(
            "钉钉 HTTP 模式没有 token 或 aes_key",
            "收不到加密的事件，卡片回调没有签名",
            "在开发者后台「事件订阅」生成，填进 dingtalk.token 和 dingtalk.aes_key",
        )
    if case.app is None and not wanted:
        return skipped("没有要解密的回调")
    return good("Token 和 43 位 AESKey 的样子都对")


def _both(*values: SecretStr) -> bool:
    return all(value.get_secret_value() for value in values)


def _names(case: Case) -> Iterable[tuple[str, object]]:
    return (("企业微信", case.settings.wecom), ("钉钉", case.settings.dingtalk))


def _values(case: Case) -> Iterable[tuple[str, str, Callable[[str], str] | None]]:
    """Key, value and shape of everything a person has copied from a console."""
    wecom, dingtalk = case.app, case.settings.dingtalk
    if wecom is not None:
        yield "wecom.corp_id", wecom.corp_id, shapes.corp_id
        yield "wecom.secret", wecom.secret.get_secret_value(), shapes.secret
        yield "wecom.token", wecom.token.get_secret_value(), None
        yield "wecom.aes_key", wecom.aes_key.get_secret_value(), None
    if dingtalk is not None:
        yield "dingtalk.client_id", dingtalk.client_id, shapes.client_id
        yield "dingtalk.client_secret", dingtalk.client_secret.get_secret_value(), shapes.secret
    for name, connector in case.settings.connectors.items():
        yield f"connectors.{name}.secret", connector.secret.get_secret_value(), None


def _odd(value: str, shape: Callable[[str], str] | None) -> str:
    """Why a value does not look right; "" if it does."""
    try:
        if shape is not None:
            shape(value)
    except ValueError as wrong:
        return str(wrong)
    return ""


def unusable(problems: Sequence[str]) -> Finding:
    """A configuration that could not be loaded."""
    return bad(
        "；".join(problems),
        "配置写错了，服务也不会启动",
        "照着改 config.toml，再运行 jianliu check",
    )
