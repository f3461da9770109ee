"""Every check, in the order in which things depend on each other."""

from __future__ import annotations

from bot.doctor import (
    callback,
    clock,
    configuration,
    dingtalk,
    fonts,
    master_key,
    records,
    service,
    storage,
    wecom,
    wecom_bot,
)
from bot.doctor.finding import Check

CHECKS: tuple[Check, ...] = (
    Check("config.rights", "配置文件", configuration.rights),
    Check("config.platforms", "平台配置", configuration.platforms),
    Check("config.keys", "加密密钥", configuration.keys),
    Check("clock", "时钟", clock.skew),
    Check("database", "数据库", storage.database),
    Check("disk", "磁盘", storage.disk),
    Check("vault", "主密钥", master_key.master),
    Check("backups", "备份", storage.backups),
    Check("audit", "留痕", records.trail),
    Check("service", "服务", service.ready),
    Check("scheduler", "定时任务", records.scheduler),
    Check("wecom.secret", "企业微信凭证", wecom.secret),
    Check("wecom.app", "企业微信应用", wecom.app),
    Check("wecom.callback", "企业微信回调", callback.replay),
    Check("wecom.domain", "企业微信可信域名", wecom.domain),
    Check("wecom.menu", "企业微信菜单", wecom.menu),
    Check("wecom.bot", "企业微信机器人", wecom_bot.line),
    Check("dingtalk.secret", "钉钉凭证", dingtalk.secret),
    Check("dingtalk.gateway", "钉钉网关", dingtalk.gateway),
    Check("dingtalk.stream", "钉钉长连接", service.stream),
    Check("dingtalk.address", "钉钉回调", dingtalk.address),
    Check("dingtalk.robot", "钉钉机器人", dingtalk.robot),
    Check("dingtalk.published", "钉钉发布", records.published),
    Check("dingtalk.cards", "钉钉卡片", dingtalk.cards),
    Check("dingtalk.quota", "钉钉额度", records.quota),
    Check("fonts", "中文字体", fonts.chinese),
)
