"""Logging: one stream on stderr, JSON for machines or coloured lines for a terminal.

Everything passes one chain, whether it was logged through structlog or, by a library,
through `logging`. Its last step before the renderer takes out what a log must never hold.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from engine.masking import holds_number, mask

HIDDEN = "***"
DEEPEST = 8

_SECRET_NAME = re.compile(
    r"secret|token|ticket|passw|aes_?key|authorization|cookie|credential|response_?code",
    re.IGNORECASE,
)
# What stands before the word is left as it is; matching it too would be quadratic in its length.
_SECRET_PAIR = re.compile(
    r"""(?P<name>(?:secret|token|ticket|passw(?:or)?d|aes_?key|response_?code)["']?"""
    r"""\s*[=:]\s*["']?)[^\s"'&,;}]+""",
    re.IGNORECASE,
)
_LOGIN_CODE = re.compile(r"(?P<name>[?&]code=)[^\s\"'&]+")
_BEARER = re.compile(r"(?P<name>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?P<name>://[^\s/:@]*:)[^\s/@]+(?=@)")


def configure(*, json: bool, level: int = logging.INFO) -> None:
    """Send every log line to stderr; JSON unless a person is looking at it.

    `httpx` and `httpcore` stay at WARNING: at INFO they log whole URLs, in which the
    platforms want the access token.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("apscheduler", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def follow(trace: str) -> str:
    """From here on every line of this task, or of this unit of work, carries `trace`.

    It is "E" and the number of the job it all began with, the event a person caused or a
    deadline that fell due; people who report an incident name it too.
    """
    structlog.contextvars.bind_contextvars(trace=trace)
    return trace


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide secrets by their names, people's numbers by their shape, however deep they sit."""
    return {
        name: value if name.startswith("_") else _clean(name, value, DEEPEST)
        for name, value in event.items()
    }


def _clean(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return cleaned(str(value)) if holds_number(str(value)) else value
    if isinstance(value, Mapping) and depth:
        return {str(key): _clean(f"{name}.{key}", part, depth - 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_clean(name, part, depth - 1) for part in value]
    if not depth:
        return "…"
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return HIDDEN if text and _SECRET_NAME.search(name) else cleaned(text)


def cleaned(text: str) -> str:
    """The text without what a log must never hold."""
    for pattern in (_SECRET_PAIR, _LOGIN_CODE, _BEARER, _URL_PASSWORD):
        text = pattern.sub(rf"\g<name>{HIDDEN}", text)
    return mask(text)
