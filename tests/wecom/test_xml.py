"""WeCom's XML: names with text, read as they are written; anything hostile is refused by name."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.wecom import xml
from bot.platforms.wecom.xml import DEEPEST, MOST_CHILDREN, BadXml

READ = {
    "<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID>7</AgentID></xml>":
        {"tousername": "ww1", "agentid": "7"},
    "<?xml version='1.0' encoding='UTF-8'?>\n<XML><a>1</a></XML>\n": {"a": "1"},
    "<xml/>": {},
    "<xml k='1'/>": {},
    "<xml>\n <a> x > y </a><!-- b -->\n</xml>": {"a": " x > y "},
    "<xml><a/><b></b></xml>": {"a": "", "b": ""},
    "<xml><a><![CDATA[<b>&amp;]y]]></a></xml>": {"a": "<b>&amp;]y"},
    "<xml><a>x<![CDATA[y]]>&lt;&#20013;</a></xml>": {"a": "xy<中"},
    "<xml><a>\x85\u2028\u3000😀</a></xml>": {"a": "\x85\u2028\u3000😀"},
    "<xml><a>1</a><A>2</A><b k='1'>3</b><c><d>4</d></c></xml>": {},
}  # fmt: skip
REFUSED = {
    "": "start", "<html></html>": "start", "\ufeff<xml></xml>": "start", "<!-- --><xml/>": "start",
    "<!DOCTYPE x><xml/>": "start", "<?xml version='1.0' encoding='gbk'?><xml/>": "start",
    "<xml>": "syntax", "<xml><a>1</b></xml>": "syntax", "<xml/><b/>": "syntax",
    "<xml><a>&evil;</a></xml>": "syntax", "<xml><a>]]></a></xml>": "syntax",
    "<xml><a>\x01</a></xml>": "syntax", "<xml><a>\x00</a></xml>": "syntax",
    "<xml><!DOCTYPE x></xml>": "syntax", "<xml><1>1</1></xml>": "syntax",
    f"<xml>{'<a/>' * (MOST_CHILDREN + 1)}</xml>": "too many elements",
    f"<xml>{'<a>' * DEEPEST}{'</a>' * DEEPEST}</xml>": "too deep",
}  # fmt: skip


@pytest.mark.parametrize("document", READ)
def test_what_is_written_is_read(document):
    assert xml.parse(document.encode()).leaves() == READ[document]


@pytest.mark.parametrize("document", REFUSED)
def test_what_is_no_message_is_refused_by_name(document):
    with pytest.raises(BadXml) as refused:
        xml.parse(document.encode())
    assert str(refused.value) == REFUSED[document]


def test_a_name_that_stands_twice_or_holds_more_than_text_is_no_text():
    node = xml.parse(b"<xml><a>1</a><A>2</A><b k='1'>3</b><c><d>4</d></c></xml>")
    for name in "abc":
        with pytest.raises(BadXml, match=name):
            node.text(name)
    assert node.texts("a") == ["1", "2"]
    assert [child.text("d") for child in node.nodes("c")] == ["4"]
    assert node.text("nothing") == ""


def test_what_is_no_utf_8_is_refused():
    with pytest.raises(BadXml):
        xml.parse(b"<xml><a>\xff</a></xml>")


PIECES = st.sampled_from(
    ("<xml>", "</xml>", "<a>", "</a>", "<B k='1'>", "</B>", "<![CDATA[", "]]>", "<!DOCTYPE x>",
     "<!ENTITY e 'x'>", "&e;", "&amp;", "&#0;", "<?p?>", "\x00", "\uffff", "中")
)  # fmt: skip


@given(st.lists(PIECES | st.characters(exclude_categories=("Cs",)), max_size=12))
def test_whatever_comes_is_read_or_refused(pieces):
    for document in ("".join(pieces), f"<xml><a>{''.join(pieces)}</a></xml>"):
        with suppress(BadXml):
            xml.parse(document.encode()).leaves()
