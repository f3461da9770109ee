"""Templates and response headers of the H5 pages: files only, escaped, strict CSP."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@cache
def _templates() -> Environment:
    from jinja2 import FileSystemLoader  # 2 MB, which only who opens a page needs
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True
    )


def page(name: str, status: int = 200, **facts: object) -> HTMLResponse:
    """The template `name` filled with `facts`."""
    html = _templates().get_template(name).render(**facts)
    return HTMLResponse(html, status, headers=HEADERS)


def notice(title: str, text: str, status: int = 200) -> HTMLResponse:
    """A page that only says something."""
    return page("notice.html", status, title=title, text=text)
