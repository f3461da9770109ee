"""Every table of the product by name, for migrations and for looking at rows."""

from __future__ import annotations

from cards.media import Upload
from cards.tables import CardRow, Delivery, Mute
from engine.audit import Audit
from engine.blobs import Blob
from engine.buckets import Bucket
from engine.calendar_days import Absence, CalendarDay
from engine.deadlines import Deadline
from engine.documents import Document
from engine.ids import Sequence
from engine.jobs import Job
from engine.leases import Lease
from engine.model import Row, metadata
from engine.quota import Allowance, Usage
from engine.secrets import Secret
from engine.shared import Shared
from engine.slots import Slot
from engine.vault import VaultEntry, VaultKey
from engine.workers import Worker
from sales.binding import BindingCode, BindingTry
from sales.channels import Channel
from sales.consents import Consent
from sales.contacts import Contact, Reveal
from sales.customers import Customer, CustomerKey, CustomerTag, Purchase
from sales.delegations import Delegation
from sales.directory import DepartmentRow, Entry
from sales.figures import Figure
from sales.hook_leads import HookDelivery
from sales.lead_conflicts import ImportConflict
from sales.lead_decisions import Assignment, RosterRow
from sales.lead_owning import Ownership
from sales.leads import Lead, LeadKey
from sales.news_owed import OwedNews
from sales.opportunities import Opportunity
from sales.people import Identity, Person
from sales.talk import TalkUse

TABLES: tuple[type[Row], ...] = (
    Person, Identity, Channel, Delegation, Customer, CustomerKey, CustomerTag, Purchase,
    Opportunity, Lead, LeadKey, Ownership, Assignment, Contact, Consent,
    Reveal, VaultKey, VaultEntry, CardRow, Delivery, Mute, Job, Deadline, CalendarDay, Absence,
    Slot, Lease, Bucket, Shared, Worker, Audit, Sequence, Secret, Document, Usage, Allowance, Entry,
    DepartmentRow, BindingCode, BindingTry, Blob, Upload, TalkUse, HookDelivery, Figure, RosterRow,
    ImportConflict, OwedNews,
)  # fmt: skip

__all__ = ["TABLES", "metadata"]
