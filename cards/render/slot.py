"""What a renderer must know about the message a card is put into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """The message that shows a card.

    `ref` is unique per message and comes back with every press (WeCom task_id, DingTalk
    outTrackId). `version` goes into each button's key, so that a press on an old face of
    the card is recognised. `form_url` is the H5 page of the card's form ("" if none). `picture`
    is what the platform calls the card's uploaded picture: for WeCom the address its upload
    gave (cards take no media_id), for DingTalk an address or a mediaId; "" if there is none.
    """

    ref: str
    version: int
    form_url: str = ""
    picture: str = ""

    def button_key(self, part: int | str) -> str:
        """The wire key of a button: "3.0" is the first of version 3, "3.later" one of its menu."""
        return f"{self.version}.{part}"

    @property
    def form_key(self) -> str:
        """The wire key of the form's submit: "3.form"."""
        return f"{self.version}.form"
