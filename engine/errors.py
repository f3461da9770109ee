"""Refusals: what the business turns down is an answer, not an error."""

from __future__ import annotations


class Refusal(Exception):
    """A request the rules turn down; safe to show as it is.

    Subclasses give a stable `code` for logs and tests and a `text` that says why and what
    to do. `facts` fill the text and go to the log.
    """

    code = "refused"
    text = "这个操作现在不能做。"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text.format(**facts))
