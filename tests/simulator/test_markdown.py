"""The two apps' markdown subsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.page import markdown
from bot.simulator.page.markdown import Line, Span, plain


def test_wecom_draws_headings_bold_code_links_quotes_and_three_colours():
    lines = markdown.wecom(
        '## 标题\n**粗** `码` [看](https://x.test/a)\n> 引\n<font color="warning">急</font>'
    )

    assert lines == (
        Line((Span("标题"),), "heading", level=2),
        Line(
            (
                Span("粗", ("bold",)),
                Span(" "),
                Span("码", ("code",)),
                Span(" "),
                Span("看", url="https://x.test/a"),
            )
        ),
        Line((Span("引"),), "quote"),
        Line((Span("急", ("warning",)),)),
    )


def test_marks_nest():
    assert markdown.wecom('<font color="info">**好**了</font>') == (
        Line((Span("好", ("info", "bold")), Span("了", ("info",)))),
    )


def test_a_tag_or_colour_the_app_does_not_know_stays_text():
    words = '<script>alert(1)</script><font color="red">红</font>'
    assert markdown.wecom(words) == (Line((Span(words),)),)


def test_only_web_addresses_become_links():
    for bad in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        spans = [s for line in markdown.wecom(f"[点]({bad})") for s in line.spans]
        assert not any(span.url for span in spans)


def test_a_wecom_text_knows_line_breaks_and_anchors_only():
    assert markdown.wecom_text('一\n**二** <a href="https://x.test/">三</a>') == (
        Line((Span("一"),)),
        Line((Span("**二** "), Span("三", url="https://x.test/"))),
    )


def test_a_lone_newline_is_a_space_on_dingtalk():
    assert [plain(x) for x in markdown.dingtalk("一\n二  \n三\n\n四")] == ["一 二", "三", "四"]


def test_dingtalk_lists_and_headings_begin_lines_of_their_own():
    lines = markdown.dingtalk("# 头\n文\n- 甲\n2. 乙\n> 引")
    assert [(x.kind, plain(x)) for x in lines] == [
        ("heading", "头"),
        ("paragraph", "文"),
        ("item", "• 甲"),
        ("item", "2. 乙"),
        ("quote", "引"),
    ]


def test_escaped_marks_are_text_on_dingtalk():
    (line,) = markdown.dingtalk(r"\*\*某\_阀\[门\]\*\* \# **真\*粗**")
    assert plain(line) == "**某_阀[门]** # 真*粗"
    assert line.spans[-1].marks == ("bold",)


@pytest.mark.parametrize(("alt", "words"), [("走势图", "走势图"), ("", "[图片]")])
def test_a_dingtalk_picture_keeps_its_address_and_its_words(alt: str, words: str):
    (line,) = markdown.dingtalk(f"见 ![{alt}](https://x.test/a.png)")
    assert plain(line) == f"见 {words}"
    assert line.spans[-1].picture == "https://x.test/a.png"


@given(st.text(alphabet="ab*`[]()<>\"'\\/#>-. \n:htpfon=c", max_size=80))
def test_any_text_is_readable_and_loses_no_letter(text: str):
    for read in (markdown.wecom, markdown.wecom_text, markdown.literal):
        shown = "".join(plain(line) for line in read(text))
        assert sum(map(shown.count, "ab")) <= sum(map(text.count, "ab"))
    assert "".join(plain(x) for x in markdown.literal(text)) == text.replace("\n", "")
    markdown.dingtalk(text)
