"""The shipped template and the renderer name the same variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bot.platforms.dingtalk
from bot.simulator.dingtalk.cards import template_variables
from cards.model import Card, Menu
from cards.render.dingtalk import FORM_KEY, card_params
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, FORM

EXPORT = json.loads(
    (Path(bot.platforms.dingtalk.__file__).parent / "templates" / "card.json").read_text("utf-8")
)
EDITOR = json.loads(EXPORT["editorData"])


def nodes(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [n for node in tree for n in (node, *nodes(node.get("children", [])))]


def test_the_template_has_exactly_the_variables_the_renderer_fills():
    assert template_variables() == card_params(FORM, Slot("r", 1)).keys()


def test_the_parts_of_a_button_in_the_template_are_those_we_send():
    variables = {v["name"]: v for v in EDITOR["variableList"]}
    declared = {part["name"] for part in variables["buttons"]["schema"]}
    sent = json.loads(card_params(APPROVAL, Slot("r", 1))["buttons"])[0]
    assert declared == sent.keys()


def test_the_parts_of_a_menu_entry_in_the_template_are_those_we_send():
    variables = {v["name"]: v for v in EDITOR["variableList"]}
    declared = {part["name"] for part in variables["menu"]["schema"]}
    sent = json.loads(card_params(Card("提醒", menu=Menu("因为", "x")), Slot("r", 1))["menu"])[0]
    assert declared == sent.keys()


def test_what_the_template_draws_is_declared_and_its_sample_is_complete():
    declared = template_variables() | {"loop"}
    drawn = set()
    for name in declared:
        if f"${{{name}" in EXPORT["editorData"] or f'"variable":"{name}' in EXPORT["editorData"]:
            drawn.add(name)
    assert declared - drawn == {"lastMessage"}  # drawn by the conversation list, not the card
    assert EDITOR["mockData"]["cardData"].keys() == template_variables()


def test_every_button_that_can_be_pressed_sends_its_key():
    pressable = [
        n["props"]
        for n in nodes(EDITOR["schema"]["componentsTree"])
        if n["componentName"] == "SingleButton" and n["props"].get("actionType") == "request"
    ]
    sent = [(p["name"], p["variable"]) for props in pressable for p in props["params"]]
    # primary, normal and danger; below them the entries of the menu
    assert sent == [("key", "buttons[0].key")] * 3 + [("key", "menu[0].key")]


def test_the_export_has_the_shape_the_builder_imports():
    assert EXPORT.keys() == {"editorData", "widgetInfo", "type", "mode"}
    assert (EXPORT["type"], EXPORT["mode"]) == ("im", "card")
    used = {n["componentName"] for n in nodes(EDITOR["schema"]["componentsTree"])}
    assert used == {c["componentName"] for c in EDITOR["schema"]["componentsMap"]}
    assert EDITOR["mockData"]["cardData"]["form"]["fields"][-1]["name"] == FORM_KEY


def test_the_guide_names_every_variable_and_admits_what_was_not_checked():
    guide = (Path(__file__).parents[2] / "docs" / "dingtalk-template.md").read_text("utf-8")
    assert all(f"| `{name}` |" in guide for name in template_variables())
    assert "尚未在真实的卡片搭建平台里验证过" in guide
