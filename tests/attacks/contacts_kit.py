"""A contact of a demo customer with telling data."""

from __future__ import annotations

from sales import contacts

NUMBER = "13812348888"
WHO = {"name": "欧阳若溪", "phone": NUMBER, "email": "ruoxi@valve.example", "wechat": "ruoxi_ou"}


def planted(office, who=WHO):
    """A contact with a telling name at a customer of 李四; their id."""
    service = office.demo.service
    [customer] = [row["id"] for row in office.rows("customer") if row["name"] == "津门医疗"]
    return service.database.writer.run(
        lambda db: contacts.add(
            db, service.vault, customer, who, source="演示", now=office.demo.now()
        )
    )


def answer(office, person, line, platform="wecom"):
    [message] = office.says(person, line, platform)
    return message
