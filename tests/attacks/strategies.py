"""What attackers write: awkward texts, JSON of any shape, and real documents with a piece cut."""

from __future__ import annotations

from hypothesis import strategies as st

awkward = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(["", "\0", "\ud800", "٣", "１７００", "1_000", "1e400", "NaN", "-0", "9" * 5000,
                     "{", "[[[", '{"a":', "W3siYSI6MX1d", "=cmd|' /C calc'!A0", "{{7*7}}"]),
)  # fmt: skip
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), awkward)
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(awkward, inner, max_size=4)
    ),
    max_leaves=12,
)
junk = st.binary(max_size=300)


def mutated(document):
    """A document with a piece replaced by junk."""

    def cut(start, length, piece):
        at = start % (len(document) + 1)
        return document[:at] + piece + document[at + length :]

    return st.builds(cut, st.integers(0, 10_000), st.integers(0, 40), junk)
