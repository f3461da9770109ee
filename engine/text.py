"""Text from outside, made harmless once at the door (attacks D12, D22).

What is taken out can be seen by nobody and does harm: it breaks JSON, XML or a client, turns
the reading direction of the words that follow, hides words from a reader that a program still
sees, or makes two names that look alike two different ones.
"""

from __future__ import annotations

import re
import unicodedata

MOST = 5000
"""Characters one field of a message may have; DingTalk allows longer ones, nobody types them."""

# Controls but line end and tab · soft hyphen and joiners of letters · blank letters · zero width
# and directions · selectors · noncharacters · lone surrogates · musical marks · tags and further
# selectors (both can carry whole hidden sentences).
_HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_PICTURE = "\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# What holds an emoji together stays: a joiner between two pictures, one selector behind a
# picture or behind the base of a keycap.
_HARMFUL = re.compile(
    f"[{_HIDDEN}]|\u200d(?![{_PICTURE}])|(?<![{_PICTURE}\ufe0f])\u200d"
    f"|(?<![{_PICTURE}0-9#*])[\ufe0e\ufe0f]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ODD = re.compile(f"[{_HIDDEN}\u200d\ufe0e\ufe0f\r\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """`text` in NFC, without what no reader sees; line ends are newlines.

    An emoji made of several ("👨‍👩‍👧", "1️⃣") stays whole; the flags of England, Scotland and Wales
    become a plain black flag, because the tags that tell them apart can hide any text.
    """
    if text.isascii() and text.isprintable():
        return text
    if _ODD.search(text) is not None:
        text = _BREAKS.sub("\n", text)
        while (fewer := _HARMFUL.sub("", text)) != text:  # who stood apart may now be neighbours
            text = fewer
    return unicodedata.normalize("NFC", text)
