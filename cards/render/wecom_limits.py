"""How much a WeCom message may hold (docs 90236 and 94888).

Counts and bytes are hard: WeCom refuses or cuts the message. Lengths in characters are
its advice: clients cut longer texts where they like, so we cut first and show it.
"""

from __future__ import annotations

TEXT_BYTES = 2048  # hard: a text message is cut here, in the middle of a character if need be

FACTS = 6  # hard: rows of horizontal_content_list
BUTTONS = 6  # hard: buttons of a button_interaction card
SELECTORS = 3  # hard: drop-downs of a multiple_interaction card
OPTIONS = 10  # hard: options of one drop-down
BOXES = 20  # hard: check-boxes of a vote_interaction card
LINKS = 3  # hard: rows of jump_list

TITLE = 36
VOTE_TITLE = 16
SUBTITLE = 44  # main_title.desc of a card with rows and buttons
DETAILS = 160  # sub_title_text, a vertical desc, main_title.desc of cards with selections
FIGURE = 14  # emphasis_content
CAPTION = 22
FACT_NAME = 5
FACT_VALUE = 30
BUTTON_TEXT = 10
OPTION_TEXT = 16
BOX_TEXT = 17
LINK_TEXT = 18
QUOTE = 300  # WeCom states no length for quote_text; this is ours
