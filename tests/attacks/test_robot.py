"""D09: DingTalk's HTTP signature does not cover the body, so the body alone decides nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.platforms.api import BadCallback
from bot.platforms.dingtalk.crypto import card_sign, robot_sign
from bot.platforms.dingtalk.robot import Robot
from handlers.all import registry
from tests.dingtalk.kit import NOW, press, robot_message, settings

HTTP = settings(mode="http")
ROBOT = Robot(HTTP)


def headers(seconds=0):
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp() * 1000))
    return {"timestamp": stamp, "sign": robot_sign("app-secret", stamp)}


def read(seconds=0, **changes):
    return ROBOT.read_robot(headers(seconds), json.dumps(robot_message(**changes)).encode(), NOW)


def test_d09_a_captured_signature_is_worth_five_minutes():
    assert read(-299).text == "/帮助"
    for seconds in (-301, 301, -3599):
        with pytest.raises(BadCallback, match="stale"):
            read(seconds)


def test_d09_the_same_message_again_is_the_same_event_whatever_else_it_says():
    assert read().event_key == read(-10, text={"content": "/死信"}).event_key


def test_d09_another_robot_or_organisation_is_refused():
    for changes in ({"robotCode": "other"}, {"chatbotCorpId": "other"}):
        with pytest.raises(BadCallback, match="receiver"):
            read(**changes)


def test_d09_what_the_signature_does_not_cover_is_marked():
    stamp = str(int(NOW.timestamp() * 1000))
    signed = {
        "x-ddpaas-signature-timestamp": stamp,
        "x-ddpaas-signature": card_sign("callbacktoken", stamp),
    }
    pressed = ROBOT.read_card(signed, json.dumps(press({"key": "1.0"})).encode(), NOW)
    assert read().weak
    assert pressed.weak


def test_d09_a_typed_privileged_command_needs_a_tap_on_a_card_only_its_person_has(office):
    """The forger types as the administrator; the card goes to the real one."""
    service = office.demo.service
    tenant = service.settings.dingtalk.tenant
    said = read(senderStaffId="guanliyuan", text={"content": "/死信"})
    from dataclasses import replace

    [admin] = [m for m in office.http.get("/sim/api/people").json() if m["name"] == "管理员"]
    platform, account = next((p, a) for p, a in admin["accounts"].items() if a)
    tenant = {"wecom": service.settings.wecom.corp_id, "dingtalk": tenant}[platform]
    forged = replace(said, platform=platform, tenant=tenant, account=account)
    office.finger(service._receive(forged))
    [card] = office.sees("管理员")
    assert "请确认是您本人发的" in card["title"]
    assert "/死信" in card["text"] + card["title"] + str(card["raw"])
    [listed] = office.presses("管理员", card, "是我")
    assert "请确认" not in listed["title"]
    harmless = replace(forged, event_key="other", text="/帮助")
    office.finger(service._receive(harmless))
    assert "请确认" not in office.sees("管理员")[-1]["title"]


def test_d09_over_a_covered_channel_the_same_command_runs_at_once(office):
    assert "请确认" not in office.says("管理员", "/死信")[0]["title"]


def test_d09_only_what_touches_nobody_else_runs_on_an_unproven_line():
    """Whoever adds a topic says here that a forger may use it."""
    open_ = {route.action for route in registry().routes if route.word and not route.privileged}
    assert open_ == {
        "opportunity.create", "opportunity.close", "customer.show", "health.show",
        "help.commands", "messages.why", "lead.create", "lead.show", "lead.why", "lead.listing",
        "lead_times.times", "talk.show",
    }  # fmt: skip
