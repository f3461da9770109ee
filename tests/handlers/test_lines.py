"""A line of chat is a command, a near miss, or nothing; never an error."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.model import Text
from handlers import help as help_topic
from handlers.all import registry
from handlers.api import TOPIC, Ask, Registry, Routes, parameters
from handlers.lines import Call, Guess, read

ROUTES = registry()


def test_words_go_to_parameters_and_the_last_takes_the_rest():
    call = read("/商机 某阀门制造 华东 泵业 二期", ROUTES)
    assert isinstance(call, Call)
    assert call.args == {"introducer": "某阀门制造", "name": "华东 泵业 二期"}


@pytest.mark.parametrize("line", ["/商机", "／商机", " /商机 ", "/opportunity", "/OPPORTUNITY"])
def test_a_bare_command_has_no_arguments(line):
    call = read(line, ROUTES)
    assert isinstance(call, Call)
    assert call.args == {}


def test_only_the_command_word_and_the_spaces_are_normalised():
    for line in ("／商机　某阀门　恒信（上海）泵业Ａ", "/商机某阀门 恒信（上海）泵业Ａ"):
        call = read(line, ROUTES)
        assert isinstance(call, Call)
        assert call.args == {"introducer": "某阀门", "name": "恒信（上海）泵业Ａ"}
    guess = read("／尚机 Ａ厂 ①号", ROUTES)
    assert isinstance(guess, Guess)
    assert (guess.line, guess.call.args["introducer"]) == ("/商机 Ａ厂 ①号", "Ａ厂")


def test_an_answer_of_several_lines_keeps_them_and_every_other_one_does_not():
    call = read("/话术 新建 医疗\n多久保养\n一般每半年一次。\n\n 把型号发我，我来排。\n", ROUTES)
    assert isinstance(call, Call)
    assert call.args["text"] == "一般每半年一次。\n\n 把型号发我，我来排。"
    call = read("/线索 退回 LD-20261123-0001 不是\n我的区域", ROUTES)
    assert isinstance(call, Call)
    assert call.args["reason"] == "不是 我的区域"


@pytest.mark.parametrize("line", ["/尚机", "/商业", "商机", "/sj", "/oportunity"])
def test_a_near_miss_is_guessed_but_never_run(line):
    guess = read(line, ROUTES)
    assert isinstance(guess, Guess)
    assert guess.line == "/商机"


@pytest.mark.parametrize("line", ["", "   ", "你好", "谢谢", "/天气", "明天见客户"])
def test_anything_else_is_nothing(line):
    assert read(line, ROUTES) is None


@given(st.text(max_size=60))
def test_no_line_breaks_the_reader(line):
    for written in (line, f"/{line}", f"/商机 {line}"):
        assert isinstance(read(written, ROUTES), Call | Guess | None)


def test_a_word_nobody_can_be_asked_for_is_a_mistake_of_ours():
    def handler(ctx, name: str) -> Text:
        return Text(name)

    with pytest.raises(TypeError, match="Ask"):
        parameters(handler)


def _two_part_registry():
    routes = Routes("rule")

    def add(word, alias):
        def handler(ctx, name: Annotated[str, Ask("?", "规则")] = "") -> Text:
            return Text(name)

        handler.__name__ = alias.replace(" ", "_")
        routes.query(word, alias=alias, summary=word, example=f"/{word}")(handler)

    add("规则 列表", "rule list")
    add("规则 改", "rule edit")
    add("客户", "customer")
    return Registry([routes, help_topic.routes])


@pytest.mark.parametrize("line", ["/规则 列表 甲 乙", "／规则　列表 甲 乙", "/rule LIST 甲 乙"])
def test_a_command_may_have_two_words(line):
    call = read(line, _two_part_registry())
    assert isinstance(call, Call)
    assert (call.route.word, call.args) == ("规则 列表", {"name": "甲 乙"})


@pytest.mark.parametrize("line", ["/规则", "/rule", "/规则 天气"])
def test_the_first_of_two_words_asks_which_unless_the_second_is_known(line):
    call = read(line, _two_part_registry())
    assert isinstance(call, Call)
    assert (call.route.action, call.args) == (TOPIC, {"topic": "规则"})


@pytest.mark.parametrize(
    ("line", "meant", "unknown"),
    [
        ("/规责 列表 甲", "/规则 列表 甲", "/规责"),
        ("/规则 列宝 甲", "/规则 列表 甲", "/规则 列宝"),
        ("/guize liebiao", "/规则 列表", "/guize"),
        ("/规责", "/规则", "/规责"),
        ("规则 天气", "/规则", "规则"),
        ("规则 改", "/规则 改", "规则 改"),
    ],
)
def test_a_slip_in_either_word_is_guessed(line, meant, unknown):
    guess = read(line, _two_part_registry())
    assert isinstance(guess, Guess)
    assert (guess.line, guess.typed) == (meant, unknown)


def test_two_commands_cannot_share_a_word():
    def topic(name):
        routes = Routes(name)

        @routes.query("同", alias=name, summary="", example="")
        def same(ctx, word: Annotated[str, Ask("?", "")]) -> Text:
            return Text(word)

        return routes

    with pytest.raises(ValueError, match="share"):
        Registry([topic("a"), topic("b")])


def test_every_button_in_the_product_leads_to_a_handler():
    from bot.simulator import showcase, showcase_blocks
    from cards.model import Card

    for name, card in showcase.CARDS.items():
        if isinstance(card, Card) and name not in showcase_blocks.CARDS:
            actions = [button.action for button in card.buttons]
            actions += [card.form.action] if card.form else []
            assert set(actions) <= set(ROUTES.by_action)


@pytest.mark.parametrize(
    ("line", "word", "rest"),
    [
        ("/线索列表", "线索 列表", {}),
        ("／线索列表 未分配", "线索 列表", {"which": "未分配"}),
        ("/线索详情LD-20261123-0001", "线索 详情", {"number": "LD-20261123-0001"}),
        ("/商机结果 OPP-20261123-0001 赢", "商机 结果",
         {"number": "OPP-20261123-0001", "result": "赢"}),
        ("/话术改名 医疗 1 甲", "话术 改名", {"industry": "医疗", "number": "1", "title": "甲"}),
        ("/规则看", "规则 看", {}),
    ],
)  # fmt: skip
def test_a_second_word_needs_no_space_where_only_one_command_fits(line, word, rest):
    call = read(line, ROUTES)
    assert isinstance(call, Call)
    assert (call.route.word, call.args) == (word, rest)


def test_what_is_glued_to_a_command_of_one_word_is_still_its_argument():
    call = read("/商机某阀门 恒信", ROUTES)
    assert isinstance(call, Call)
    assert (call.route.word, call.args["introducer"]) == ("商机", "某阀门")
