"""The handler vocabulary: what people say and press becomes one typed function call.

A handler is a plain function `(ctx, …) -> Content | None`. Its signature is its grammar: the
positional parameters are the words after the command, in order (the last one takes the rest
of the line), and at the same time the fields of its form; keyword-only parameters can only
come from a button. Nothing registers itself: `handlers/all.py` names every `Routes`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from cards.model import Choice, Content
from engine.calendar_days import Calendars
from engine.files import FileKind
from engine.rulebook import Rulebook
from engine.unit import Unit
from engine.vault import Vault
from sales import policy
from sales.people import Address, Who

TOPIC = "help.topic"
"""The route that lists the commands of one topic: what a bare first word of two leads to."""
FLOW = "flow/"
"""Keys of the cards that belong to one errand begin so; its first cause follows."""
FILE, SAID = "file", "said"
"""The parameter of a handler that takes a file somebody sent, or a text that is no command."""
Family: TypeAlias = Literal["directory", "approval"]
"""What a platform tells of by itself that somebody here may want to know."""


class Ctx(NamedTuple):
    """What a handler may know.

    `flow` is the errand: the first line or press starts one, every card with `key=flow`
    belongs to it, and a press on such a card continues it. A result stored under the flow
    therefore exists once, however often the person taps. `opened_at` is when the person
    opened the form this comes from, if it was a form. `calendars` knows the working time,
    `rules` what the company has decided; `vault` opens people's data.
    """

    db: Unit
    who: Who
    address: Address
    now: datetime
    today: date
    flow: str
    cause: str
    registry: Registry
    calendars: Calendars
    rules: Rulebook
    vault: Vault
    opened_at: datetime | None = None

    @property
    def begins(self) -> bool:
        """Whether this is the first step of its errand, so that nothing of it can exist."""
        return self.flow == f"{FLOW}{self.cause}"


Options: TypeAlias = Callable[[Ctx, str], Sequence[Choice]]


@dataclass(frozen=True, slots=True)
class Ask:
    """How a missing word is asked for: a text box, or a pick from `options(ctx, typed)`.

    `label` is the question, `noun` what the answer is, and `named(ctx, word)` how an answer
    that is there already reads on the form for the rest (an id reads as a name). `most` is how
    many characters a text box takes; with `lines` the answer keeps its line breaks.
    """

    label: str
    noun: str
    placeholder: str = ""
    options: Options | None = None
    named: Callable[[Ctx, str], str] = lambda _, word: word
    most: int = 60
    lines: bool = False

    def read(self, typed: str) -> str:
        """An answer as it was typed behind a command."""
        return typed.strip() if self.lines else " ".join(typed.split())


class Handler(Protocol):
    """A function a route calls."""

    __name__: str
    __module__: str
    __doc__: str | None

    def __call__(self, ctx: Ctx, /, *args: Any, **kwargs: Any) -> Content | None:
        """One use-case, then a card, a text, or nothing to say."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a handler; `ask` is None for those only a button can give."""

    name: str
    required: bool
    ask: Ask | None


@dataclass(frozen=True)
class Route:
    """One thing people can do. `action` names it on buttons, `word` in the chat.

    A word may have two parts, "规则 列表": the first is the topic, the second what is done.
    `changes` False marks a query: it runs on a reader and never delays a press. `privileged`: it
    does more than one's own work, so a typed line must surely come from the person (D09).
    `takes` are the kinds of files that lead here when somebody sends one without a word, `fits`
    recognises the texts that do although they are no command.
    """

    action: str
    handler: Handler
    permission: str
    changes: bool
    params: tuple[Param, ...]
    word: str = ""
    alias: str = ""
    summary: str = ""
    example: str = ""
    privileged: bool = False
    takes: frozenset[FileKind] = frozenset()
    fits: Callable[[str], bool] | None = None

    @cached_property
    def asked(self) -> tuple[Param, ...]:
        """The parameters a person gives, in the order of the words."""
        return tuple(p for p in self.params if p.ask is not None)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all parameters."""
        return frozenset(p.name for p in self.params)

    @property
    def topic(self) -> str:
        """The first part of its word; "" for what only a button can ask for."""
        return self.word.partition(" ")[0]

    @property
    def usage(self) -> str:
        """The line to type: "/商机 <介绍人> <新客户>"."""
        nouns = (param.ask.noun for param in self.params if param.ask is not None)
        return " ".join((f"/{self.word}", *(f"<{noun}>" for noun in nouns)))

    def line(self, given: Mapping[str, str]) -> str:
        """The line that says all at once: what was given, and the example's words for the rest."""
        if not given:
            return self.example
        words = {**self.bind(self.example.removeprefix(f"/{self.word}")), **given}
        return " ".join((f"/{self.word}", *(words.get(p.name, "") for p in self.asked))).strip()

    def missing(self, args: Mapping[str, Any]) -> bool:
        """Whether a required argument is absent or empty."""
        return any(p.required and not args.get(p.name) for p in self.params)

    def bind(self, typed: str) -> dict[str, str]:
        """What stands behind the command to arguments; the last one takes all that is left."""
        asked = [(param.name, param.ask) for param in self.params if param.ask is not None]
        words = typed.split(None, len(asked) - 1) if asked else []
        return {name: ask.read(word) for (name, ask), word in zip(asked, words, strict=False)}


H = TypeVar("H", bound=Callable[..., Content | None])


@dataclass(frozen=True, slots=True)
class Happening:
    """What a platform tells of by itself: `sort` is its own name for it, `facts` what it says.

    `account` is whom it is about ("sys" or "" for nobody), `at` when it happened there.
    """

    platform: str
    tenant: str
    sort: str
    account: str
    at: datetime
    facts: Mapping[str, str]


Hook: TypeAlias = Callable[[Unit, Happening, datetime], None]
"""What is done about it, in the unit that takes it in: (db, happening, now). Says nothing."""


@dataclass(slots=True)
class Routes:
    """The routes of one topic, collected by decorators; all of them `privileged` or none."""

    topic: str
    items: list[Route] = field(default_factory=list)
    privileged: bool = False
    hooks: list[tuple[Family, Hook]] = field(default_factory=list)

    def command(
        self, word: str, *, alias: str, summary: str, example: str, permission: str = ""
    ) -> Callable[[H], H]:  # fmt: skip
        """A command that changes something; it runs on the writer."""
        return self._add(permission, changes=True, word=word, alias=alias, summary=summary,
                         example=example)  # fmt: skip

    def query(
        self, word: str, *, alias: str, summary: str, example: str, permission: str = ""
    ) -> Callable[[H], H]:  # fmt: skip
        """A command that only reads; it runs on a reader connection."""
        return self._add(permission, changes=False, word=word, alias=alias, summary=summary,
                         example=example)  # fmt: skip

    def action(self, permission: str, *, changes: bool = True) -> Callable[[H], H]:
        """What only a button can ask for: it has no word in the chat."""
        return self._add(permission, changes=changes)

    def file(self, permission: str, summary: str, *kinds: FileKind) -> Callable[[H], H]:
        """What a file of these kinds asks for when it is sent without a word.

        The handler takes `file: Attachment` and touches only the database: fetching is slow
        work (`engine/errands.py`). `summary` is what a refusal calls it.
        """
        return self._add(permission, changes=True, takes=frozenset(kinds), summary=summary)

    def said(self, permission: str, summary: str, fits: Callable[[str], bool]) -> Callable[[H], H]:
        """What a text that is no command asks for, if `fits` recognises it.

        The handler takes `said: str`, the whole text.
        """
        return self._add(permission, changes=True, fits=fits, summary=summary)

    def hook(self, family: Family) -> Callable[[Hook], Hook]:
        """What is done when a platform tells of a change by itself."""

        def register(hook: Hook) -> Hook:
            self.hooks.append((family, hook))
            return hook

        return register

    def _add(self, permission: str, *, changes: bool, **words: Any) -> Callable[[H], H]:
        def register(handler: H) -> H:
            name = handler.__name__
            self.items.append(
                Route(
                    action=f"{self.topic}.{name}",
                    handler=handler,
                    permission=permission or f"{self.topic}.{name}",
                    changes=changes,
                    params=parameters(handler),
                    privileged=self.privileged,
                    **words,
                )
            )
            return handler

        return register


class Registry:
    """Every route by its action, its word and its alias.

    `topics` are the first parts of words of two, in both languages, by their Chinese name.
    `by_file` are the routes that take a kind of file, `by_text` those that take a text that is no
    command, `hooks` what a change on a platform does.

    Raises:
        ValueError: two routes share an action, a word or a kind of file.
    """

    def __init__(self, topics: Sequence[Routes]) -> None:
        self.routes = [route for topic in topics for route in topic.items]
        self.by_action = {route.action: route for route in self.routes}
        self.by_word = {
            word: route for route in self.routes for word in (route.word, route.alias) if word
        }
        self.topics = {
            word.partition(" ")[0]: route.topic
            for word, route in self.by_word.items()
            if " " in word
        }
        self.by_file = {kind: route for route in self.routes for kind in route.takes}
        self.by_text = [route for route in self.routes if route.fits is not None]
        self.hooks: dict[Family, list[Hook]] = {}
        for family, hook in (hook for topic in topics for hook in topic.hooks):
            self.hooks.setdefault(family, []).append(hook)
        words = sum(bool(r.word) + bool(r.alias) for r in self.routes)
        kinds = sum(len(route.takes) for route in self.routes)
        distinct = (len(self.by_action), len(self.by_word), len(self.by_file))
        if distinct != (len(self.routes), words, kinds):
            raise ValueError("two routes share an action, a word or a kind of file")

    def meant_by(self, text: str, who: Who) -> Route | None:
        """The route a text that is no command leads to for this person."""
        for route in self.by_text:
            if policy.may(who, route.permission) and route.fits and route.fits(text):
                return route
        return None

    def allowed(self, who: Who) -> list[Route]:
        """What this person may do."""
        return [route for route in self.routes if policy.may(who, route.permission)]


def parameters(handler: Callable[..., Any]) -> tuple[Param, ...]:
    """The parameters after `ctx`, read from the signature.

    Raises:
        TypeError: a word carries no `Annotated[str, Ask(…)]`, so nobody could be asked for it.
    """
    hints = get_type_hints(handler, include_extras=True)
    params = []
    for parameter in list(inspect.signature(handler).parameters.values())[1:]:
        hint = hints[parameter.name]
        asks = [a for a in get_args(hint)[1:] if isinstance(a, Ask)]
        asked = get_origin(hint) is Annotated and bool(asks)
        word = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        if word != asked:
            raise TypeError(f"{handler.__name__}({parameter.name}) must be annotated with Ask")
        required = parameter.default is inspect.Parameter.empty
        params.append(Param(parameter.name, required, asks[0] if asks else None))
    return tuple(params)
