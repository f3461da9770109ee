"""A list of leads or customers sent in chat: looked at first, written at a tap (X10, B4, B52)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cards import imports as cards
from cards.model import Content
from engine import errands
from engine.files import Attachment
from engine.masking import mask
from handlers.api import Ctx, Routes

routes = Routes("imports")

MAY = "import"
CHECK, RUN = "import.check", "import.run"
"""The slow work: fetching and reading the file, and writing what is in it."""
CHECK_UNNAMED = "import.check_unnamed"
"""The same for a file whose name comes with its bytes; older versions leave it to us (0010)."""


@routes.file(MAY, "导入线索表或客户表", "sheet", "unnamed")
def check(ctx: Ctx, *, file: Attachment) -> Content:
    """Fetch it and look what it would do; the result is a card with the button."""
    name = mask(file.name)
    about = {**whose(ctx), "ref": file.ref, "name": name}
    work = CHECK if name else CHECK_UNNAMED
    errands.ask(ctx.db, work, about, key=ctx.flow, now=ctx.now)
    return cards.reading(name)


@routes.action(MAY)
def run(ctx: Ctx, *, blob: str, name: str) -> Content:
    """Write what was looked at, once however often it is tapped."""
    about = {**whose(ctx), "blob": blob, "name": name}
    errands.ask(ctx.db, RUN, about, key=ctx.flow, now=ctx.now)
    return cards.running(name, flow=ctx.flow)


def whose(ctx: Ctx) -> Mapping[str, Any]:
    """Whom the result is for, and on what occasion it was asked for."""
    to = ctx.address
    return {
        "person": to.person_id, "platform": to.platform, "tenant": to.tenant,
        "account": to.account, "flow": ctx.flow, "origin": ctx.db.occasion.origin,
    }  # fmt: skip
