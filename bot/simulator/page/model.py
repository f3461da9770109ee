"""What a person sees of one message, whatever the platform: values, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from bot.simulator.page.markdown import Line, plain

ButtonStyle: TypeAlias = Literal["primary", "normal", "danger", "link"]
Tone: TypeAlias = Literal["grey", "black", "red", "green", "orange"]
InputKind: TypeAlias = Literal["select", "text", "area", "number", "date", "checkbox", "switch"]
State: TypeAlias = Literal["open", "done", "shown"]


@dataclass(frozen=True, slots=True)
class FaceButton:
    """Something to tap. `action` comes back with a press; a `url` opens a page instead.

    `confirm` is what the app asks before the press goes out. `busy`: it has been pressed and
    the answer is not there yet.
    """

    action: str
    text: str
    style: ButtonStyle = "normal"
    enabled: bool = True
    url: str = ""
    confirm: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `id` comes back, `text` is read."""

    id: str
    text: str


class FaceField(NamedTuple):
    """A label and its value; a `linked` value is drawn blue and may open a page."""

    name: str
    value: str
    linked: bool = False
    url: str = ""


class Picture(NamedTuple):
    """A picture by its address, with what stands beside it; `ratio` is width to height."""

    url: str
    ratio: float = 1.3
    title: str = ""
    words: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class FaceInput:
    """One input of a card.

    `chosen` is the value it shows: an option id (several joined by "," in a checkbox), or
    the text; a switch is "true" or not. `many` says whether a checkbox takes more than one
    option.
    """

    name: str
    label: str
    kind: InputKind
    options: tuple[Option, ...] = ()
    chosen: str = ""
    required: bool = False
    enabled: bool = True
    many: bool = False
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class FaceFile:
    """A picture or a file in a message: its name, and where a tap gets it from."""

    name: str
    url: str
    picture: bool


@dataclass(frozen=True, slots=True)
class Face:
    """One message as read from its wire form.

    `lines` is the free text with its markup. `fields` are label and value pairs; DingTalk
    writes them as lines "标签：值", so there they are read from `lines` and stand in both.
    `sections` are headings with a paragraph each. `menu` stands behind the ··· of a WeCom card
    and in the last row of a DingTalk card.
    `across`: the buttons stand in one row whatever their words.
    `link` is the page a tap on the card opens, `quote_link` a tap on the quote. `trouble` is
    what the app says when a press failed. state "open": there is something to press; "done":
    the platform locked the card; "shown": nothing to press.
    """

    kind: Literal["bubble", "card"]
    title: str = ""
    subtitle: str = ""
    source: str = ""
    tone: Tone = "grey"
    lines: tuple[Line, ...] = ()
    fields: tuple[FaceField, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
    quote: tuple[str, str] = ("", "")
    quote_link: str = ""
    emphasis: tuple[str, str] = ("", "")
    inputs: tuple[FaceInput, ...] = ()
    buttons: tuple[FaceButton, ...] = ()
    submit: FaceButton | None = None
    jumps: tuple[FaceButton, ...] = ()
    menu: tuple[FaceButton, ...] = ()
    across: bool = False
    link: str = ""
    locked: bool = False
    file: FaceFile | None = None
    trouble: str = ""

    @property
    def text(self) -> str:
        """The free text without markup."""
        return "\n".join(map(plain, self.lines))

    @property
    def actions(self) -> tuple[FaceButton, ...]:
        """Everything that can be tapped, top to bottom, but the ··· menu."""
        link = (FaceButton(self.link, "打开", url=self.link),) if self.link else ()
        submit = (self.submit,) if self.submit else ()
        return self.buttons + submit + self.jumps + link

    @property
    def state(self) -> State:
        """Whether there is something to press, there was, or there never is."""
        if self.locked:
            return "done"
        return "open" if any(button.enabled for button in self.actions) else "shown"

    @property
    def urls(self) -> frozenset[str]:
        """Every page this message can open."""
        links = [span.url for line in self.lines for span in line.spans]
        links += [field.url for field in self.fields]
        links += [button.url for button in self.actions]
        links += [self.quote_link, *(picture.link for picture in self.pictures)]
        return frozenset(filter(None, links))
