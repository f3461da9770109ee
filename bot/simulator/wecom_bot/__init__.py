"""A faithful fake of WeCom's smart bot on its long connection."""

from __future__ import annotations

from bot.simulator.wecom_bot.fake import FakeWeComBot

__all__ = ["FakeWeComBot"]
