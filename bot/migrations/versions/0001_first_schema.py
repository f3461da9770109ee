"""The first schema: machinery, people, customers, opportunities, cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _machinery()
    _people()
    _customers()
    _opportunities()
    _cards()


def downgrade() -> None:
    for table in (
        "delivery", "card", "referral", "opportunity_tag", "opportunity", "purchase",
        "customer_tag", "customer_key", "customer", "identity", "person", "secret", "sequence",
        "audit", "job",
    ):  # fmt: skip
        op.drop_table(table)


def _machinery() -> None:
    op.create_table(
        "job",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_key", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("lane", "key", name="uq_job_lane_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_job_done",
        "job",
        ["lane", "order_key", "done_at"],
        unique=False,
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["lane", "due", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_job_lease",
        "job",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_index(
        "ix_job_order",
        "job",
        ["lane", "order_key", "id"],
        unique=False,
        sqlite_where=sa.text("state < 2"),
        postgresql_where=sa.text("state < 2"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_actor", "audit", ["actor", "at"], unique=False)
    op.create_index(
        "ix_audit_subject", "audit", ["subject_type", "subject_id", "seq"], unique=False
    )
    op.create_table(
        "sequence",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", name="pk_sequence"),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secret"),
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("manager_id", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name="fk_person_manager_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_manager_id", "person", ["manager_id"], unique=False)
    op.create_index("ix_person_name", "person", ["name"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_identity_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint(
            "platform", "tenant", "account", name="uq_identity_platform_tenant_account"
        ),
    )
    op.create_index("ix_identity_person", "identity", ["person_id"], unique=False)


def _customers() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("core", BYTEWISE, nullable=False),
        sa.Column("stem", sa.String(), nullable=False),
        sa.Column("sound", BYTEWISE, nullable=False),
        sa.Column("letters", BYTEWISE, nullable=False),
        sa.Column("initials", BYTEWISE, nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("industry", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("size_band", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_customer_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
    )
    op.create_index("ix_customer_code", "customer", ["credit_code"], unique=False)
    op.create_index("ix_customer_core", "customer", ["core"], unique=False)
    op.create_index("ix_customer_initials", "customer", ["initials"], unique=False)
    op.create_index("ix_customer_letters", "customer", ["letters"], unique=False)
    op.create_index("ix_customer_owner", "customer", ["owner_id"], unique=False)
    op.create_index("ix_customer_sound", "customer", ["sound"], unique=False)
    op.create_table(
        "customer_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_key_customer_id"
        ),
        sa.PrimaryKeyConstraint("key", "customer_id", name="pk_customer_key"),
    )
    op.create_table(
        "customer_tag",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_tag_customer_id"
        ),
        sa.PrimaryKeyConstraint("customer_id", "tag", name="pk_customer_tag"),
    )
    op.create_table(
        "purchase",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_purchase_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_purchase"),
    )
    op.create_index("ix_purchase_customer", "purchase", ["customer_id", "ordered_on"], unique=False)


def _opportunities() -> None:
    op.create_table(
        "opportunity",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("effort_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_opportunity_customer_id"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_opportunity_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_opportunity"),
        sa.UniqueConstraint("flow", name="uq_opportunity_flow"),
        sa.UniqueConstraint("number", name="uq_opportunity_number"),
    )
    op.create_index("ix_opportunity_customer", "opportunity", ["customer_id"], unique=False)
    op.create_index("ix_opportunity_owner", "opportunity", ["owner_id", "created_at"], unique=False)
    op.create_table(
        "opportunity_tag",
        sa.Column("opportunity_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name="fk_opportunity_tag_opportunity_id"
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "tag", name="pk_opportunity_tag"),
    )
    op.create_table(
        "referral",
        sa.Column("opportunity_id", sa.String(), nullable=False),
        sa.Column("introducer_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_referral_customer_id"),
        sa.ForeignKeyConstraint(
            ["introducer_id"], ["customer.id"], name="fk_referral_introducer_id"
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name="fk_referral_opportunity_id"
        ),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_referral"),
    )
    op.create_index("ix_referral_introducer", "referral", ["introducer_id"], unique=False)


def _cards() -> None:
    op.create_table(
        "card",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sa.UniqueConstraint("person_id", "key", name="uq_card_person_id_key"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name="fk_delivery_card_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_card", "delivery", ["card_id"], unique=False)
