"""The entries under the WeCom chat: put up by the service, looked at by the doctor."""

from __future__ import annotations

MENU = (("商机", "/商机"), ("客户", "/客户"), ("帮助", "/帮助"))
"""(name, command line), left to right."""
