"""What else a WeCom phone tells an app without being asked (docs 90239, 90240)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

Facts = Mapping[str, str]


def _message(sort: str, **fields: Any) -> dict[str, Any]:
    return {"MsgType": sort, "MsgId": secrets.randbits(62), **fields}


def _event(name: str, **fields: Any) -> dict[str, Any]:
    return {"MsgType": "event", "Event": name, "EventKey": "", **fields}


def _media(facts: Facts) -> str:
    return facts.get("media_id") or secrets.token_urlsafe(32)


def _image(facts: Facts) -> dict[str, Any]:
    url = facts.get("url", "https://wework.qpic.example/p.jpg")
    return _message("image", PicUrl=url, MediaId=_media(facts))


def _voice(facts: Facts) -> dict[str, Any]:
    return _message("voice", MediaId=_media(facts), Format="amr")


def _video(facts: Facts) -> dict[str, Any]:
    return _message("video", MediaId=_media(facts), ThumbMediaId=secrets.token_urlsafe(32))


def _place(facts: Facts) -> dict[str, Any]:
    return _message(
        "location",
        Location_X=facts.get("latitude", "31.23"),
        Location_Y=facts.get("longitude", "121.47"),
        Scale=15,
        Label=facts.get("label", "上海市黄浦区人民大道 200 号"),
        AppType="wxwork",
    )


def _link(facts: Facts) -> dict[str, Any]:
    return _message(
        "link",
        Title=facts.get("title", "招标公告"),
        Description=facts.get("description", ""),
        Url=facts.get("url", "https://example.com/notice"),
        PicUrl="",
    )


def _position(facts: Facts) -> dict[str, Any]:
    """The position a phone reports by itself; the name really is in capitals."""
    where = {"Latitude": facts.get("latitude", "31.23")}
    where["Longitude"] = facts.get("longitude", "121.47")
    return _event("LOCATION", **where, Precision="15.0", AppType="wxwork")


HAPPENINGS: Final[Mapping[str, Callable[[Facts], dict[str, Any]]]] = {
    "enter_agent": lambda _: _event("enter_agent"),
    "subscribe": lambda _: _event("subscribe"),
    "unsubscribe": lambda _: _event("unsubscribe"),
    "position": _position,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "location": _place,
    "link": _link,
}
"""What `/sim/api/happen` can cause on a WeCom phone, by our word for it."""
