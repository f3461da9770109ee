"""What is wrong with a configuration, in Chinese, one line a problem, never with a value."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from bot.settings_read import PREFIX, Found, section_of, suggest

WHY = {
    "missing": "缺少这一项",
    "int_parsing": "要填整数",
    "int_type": "要填整数",
    "int_from_float": "要填整数",
    "int_parsing_size": "数太大",
    "bool_parsing": "要填 true 或 false",
    "bool_type": "要填 true 或 false",
    "string_type": "要填带引号的文字",
    "string_too_short": "不能空",
    "too_short": "不能空",
    "greater_than": "要大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "只能填 {expected}",
    "model_type": "这里是一节，下面才是各项",
    "model_attributes_type": "这里是一节，下面才是各项",
    "dict_type": "这里是一节，下面才是各项",
    "value_error": "{error}",
}


def explain(model: type[BaseModel], error: ValidationError, found: Found) -> list[str]:
    """One line for every problem: where it stands, what is wrong, what may be meant."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            why = suggest(model, key)
        else:
            why = WHY.get(problem["type"], "填得不对").format(**_facts(problem.get("ctx", {})))
        lines.append(f"{_place(model, key, found)}：{why}")
    return lines


def _facts(context: dict[str, Any]) -> dict[str, str]:
    return {name: str(fact).replace("' or '", " 或 ").strip("'") for name, fact in context.items()}


def _place(model: type[BaseModel], key: str, found: Found) -> str:
    """Where the person has to look: a variable, or a file with its section and key."""
    if key in found.variables:
        return f"环境变量 {found.variables[key]}"
    if found.file is None:
        return f"环境变量 {PREFIX}{key.replace('.', '__').upper()}"
    if key in model.model_fields and section_of(model.model_fields[key]):
        return f"{found.file} 的 [{key}]"
    section, _, name = key.rpartition(".")
    return f"{found.file} 的 [{section}] {name}" if section else f"{found.file} 的 {name}"
