"""Messages and pages as HTML: the templates are files, sandboxed, and escape everything."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.simulator.page.face import Face, FaceButton, face
from bot.simulator.phones import Message
from bot.simulator.world import PHONE_ZONE, PLATFORMS

_WEEKDAYS = "一二三四五六日"
_SHORT = 4  # 字; as many as half of WeCom's card can show on a button at 16 px


def message_html(message: Message, seen: Face | None = None) -> str:
    """One `<li>` of a chat: the bubble or card as the person's app draws it now, or as `seen`."""
    return render("message.html", message=message, face=seen or face(message))


def render(template: str, **facts: Any) -> str:
    """A template of `templates/` filled with `facts`."""
    return _environment.get_template(template).render(facts)


def shown_time(at: datetime) -> str:
    """A moment as the demo shows it: "2026-11-23 周一 10:00:05"."""
    local = at.astimezone(PHONE_ZONE)
    return f"{local:%Y-%m-%d} 周{_WEEKDAYS[local.weekday()]} {local:%H:%M:%S}"


def _chat_time(at: datetime) -> str:
    return f"{at.astimezone(PHONE_ZONE):%m-%d %H:%M}"


def _short(buttons: tuple[FaceButton, ...]) -> bool:
    """Whether the labels fit two to a row."""
    return len(buttons) > 1 and all(len(button.text) <= _SHORT for button in buttons)


_environment = ImmutableSandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(chat_time=_chat_time, shown_time=shown_time, short=_short)
_environment.globals.update(platforms=PLATFORMS)
