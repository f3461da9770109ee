"""A fake of DingTalk's public API and Stream gateway, strict where the documents are.

Not verified against the live service: redelivery intervals, limits on options and on the
size of a variable, undocumented fields, and how clients draw. See reference dingtalk.md §8.
"""

from __future__ import annotations

from bot.simulator.dingtalk.fake import FakeDingTalk

__all__ = ["FakeDingTalk"]
