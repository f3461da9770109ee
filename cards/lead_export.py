"""What is said about a list of leads as a file."""

from __future__ import annotations

from cards.model import Text


def making(found: int, words: str) -> Text:
    """It was asked for; the file comes by itself."""
    return Text(f"「{words}」有 {found} 条线索，正在做表，马上发给您。里面没有电话和联系人。")


def trying(version: int) -> Text:
    """The list of what a draft of the rules would change was asked for."""
    return Text(f"第 {version} 版草稿会让哪些线索换人，正在做表，马上发给您。")


def failed(number: str) -> Text:
    """It could not be made; the number finds it."""
    return Text(f"线索表没有做成，编号 {number}，已经记录下来。请再试一次，或把编号发给管理员。")
