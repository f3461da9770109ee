"""A message as `/sim/api/inbox` gives it to scripts and tests."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.simulator.page.face import Face, face
from bot.simulator.page.markdown import plain
from bot.simulator.phones import Message
from bot.simulator.world import PHONE_ZONE


def as_json(message: Message) -> dict[str, Any]:
    """`message` as the phone shows it; `text` is never empty, `raw` is the wire form."""
    seen = face(message)
    return {
        "id": message.id,
        "at": message.at.astimezone(PHONE_ZONE).isoformat(timespec="seconds"),
        "platform": message.platform,
        "kind": message.kind,
        "title": seen.title,
        "text": _words(seen),
        "fields": [{"name": field.name, "value": field.value} for field in seen.fields],
        "buttons": [
            {"action": b.action, "text": b.text, "enabled": b.enabled} for b in seen.actions
        ],
        "menu": [{"action": b.action, "text": b.text} for b in seen.menu],
        "inputs": [
            {
                "name": one.name,
                "kind": one.kind,
                "options": [{"id": o.id, "text": o.text} for o in one.options],
            }
            for one in seen.inputs
        ],
        "file": asdict(seen.file) if seen.file else None,
        "state": seen.state,
        "trouble": seen.trouble,
        "raw": message.wire,
    }


def _words(seen: Face) -> str:
    """All that can be read but the title and the buttons, a line each."""
    written = {plain(line) for line in seen.lines}
    facts = (f"{field.name}：{field.value}" for field in seen.fields)
    unwritten = (fact for fact in facts if fact not in written)
    beside = (words for picture in seen.pictures for words in (picture.title, picture.words))
    sections = (words for section in seen.sections for words in section)
    parts = (
        seen.subtitle, *seen.emphasis, *beside, seen.text, *sections, *unwritten, *seen.quote,
    )  # fmt: skip
    return "\n".join(part for part in parts if part) or seen.title
