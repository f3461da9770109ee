"""What a person sees of one message, whatever the platform: values, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.simulator.page.markdown import Line, plain

ButtonStyle: TypeAlias = Literal["primary", "normal", "danger", "link"]
Tone: TypeAlias = Literal["grey", "black", "red", "green", "orange"]
InputKind: TypeAlias = Literal["select", "text", "checkbox"]
State: TypeAlias = Literal["open", "done", "shown"]


@dataclass(frozen=True, slots=True)
class FaceButton:
    """Something to tap. `action` comes back with a press; a `url` opens a page instead."""

    action: str
    text: str
    style: ButtonStyle = "normal"
    enabled: bool = True
    url: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `id` comes back, `text` is read."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class FaceInput:
    """One input of a card.

    `chosen` is the value it shows: an option id (several joined by "," in a checkbox), or
    the text. `many` says whether a checkbox takes more than one option.
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
    `link` is the page a tap on the card opens. state "open": there is something to press;
    "done": the platform locked the card; "shown": nothing to press.
    """

    kind: Literal["bubble", "card"]
    title: str = ""
    subtitle: str = ""
    source: str = ""
    tone: Tone = "grey"
    lines: tuple[Line, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    quote: tuple[str, str] = ("", "")
    emphasis: tuple[str, str] = ("", "")
    inputs: tuple[FaceInput, ...] = ()
    buttons: tuple[FaceButton, ...] = ()
    submit: FaceButton | None = None
    jumps: tuple[FaceButton, ...] = ()
    link: str = ""
    locked: bool = False
    file: FaceFile | None = None

    @property
    def text(self) -> str:
        """The free text without markup."""
        return "\n".join(map(plain, self.lines))

    @property
    def actions(self) -> tuple[FaceButton, ...]:
        """Everything that can be tapped, top to bottom."""
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
        links = (span.url for line in self.lines for span in line.spans)
        return frozenset(u for u in (*links, *(b.url for b in self.actions)) if u)
