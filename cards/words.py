"""How numbers and dates read in every text."""

from __future__ import annotations

from datetime import date

FEN = 100


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
