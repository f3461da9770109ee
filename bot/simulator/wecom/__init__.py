"""A faithful fake of WeCom: its API towards the service, its app towards the people."""

from __future__ import annotations

from bot.simulator.wecom.fake import FakeWeCom

__all__ = ["FakeWeCom"]
