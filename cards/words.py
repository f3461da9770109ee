"""How numbers and dates read in every text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

FEN = 100

FIELD_NAMES: Mapping[str, str] = {
    "contact": "联系人",
    "phone": "电话",
    "address": "地址",
    "region": "区域",
    "industry": "行业",
    "size_band": "规模",
    "credit_code": "信用代码",
    "rating": "信用评级",
}
"""A customer's fields as people call them, the most wanted first."""

MORE = "还有更多，请多打几个字"
"""Said where a list to pick from was cut."""


def yuan(fen: int) -> str:
    """An amount in 分 as people read it: 1234567 → "¥12,345.67", whole yuan without ".00"."""
    whole, rest = divmod(fen, FEN)
    return f"¥{whole:,}.{rest:02d}" if rest else f"¥{whole:,}"


def day(when: date) -> str:
    """A date as people read it: "2026-11-23"."""
    return f"{when:%Y-%m-%d}"


def masked(name: str) -> str:
    """A person's name for those who need not know it: "张三" → "张*"."""
    return f"{name[:1]}*"
