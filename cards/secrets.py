"""What a message tells in clear: put into its text while it is drawn, and kept nowhere.

The text stays in the reader's own chat, like any message; it cannot be taken back on either
platform, so nothing pretends to hide it later. What counts is who asked, and that is audited.
"""

from __future__ import annotations

from dataclasses import replace

from cards.contacts import FIELD_NAMES
from cards.model import Secret, Text
from engine.unit import Unit
from engine.vault import Destroyed, Subject, Vault
from sales import binding, contacts, privacy


def subject(secret: Secret) -> Subject:
    """Whose key a message that tells the secret is sealed under."""
    if secret.what == "code":
        return binding.KIND, secret.contact
    return contacts.subject(secret.contact)


def told(db: Unit, vault: Vault, text: Text) -> Text:
    """The text with its secret below.

    Raises:
        Destroyed: the contact was erased meanwhile.
        Erased, Frozen: the number may no longer be used.
    """
    secret = text.secret
    assert secret is not None  # noqa: S101  whoever calls has seen it
    if secret.what == "bundle":
        bundle = privacy.bundle(db, vault, secret.contact)
        return Text(f"{text.text}\n{privacy.written(bundle)}")
    if secret.what == "numbers":
        contacts.refuse_unless_kept(db, secret.contact)
    known = vault.read(db, subject(secret))
    if not known:
        raise Destroyed
    if secret.what == "code":
        code = known["code"]
        return Text(f"{text.text}\n{code[:4]} {code[4:]}")
    lines = [f"{name}：{known[field]}" for field, name in FIELD_NAMES.items() if field in known]
    return replace(text, text="\n".join((text.text, *lines)), secret=None)
