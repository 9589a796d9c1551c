"""Kinds of event, and the keys that the payload of each must carry.

A kind says what happened, in the past, after the thing it happened to. More keys may be given than are asked; names
of people, streets and free text about persons are never among them (accounts hold the names, events their number).
An area that records a new kind adds it here, so that one table says what the history can contain.
"""

from collections.abc import Mapping
from typing import Any


class EventRefused(Exception):
    """An event that nobody would know how to read; `code` is "unknown-kind" or "missing-keys"."""

    def __init__(self, code: str, kind: str, keys: frozenset[str] = frozenset()) -> None:
        super().__init__(f"{kind}: {code} {', '.join(sorted(keys))}".strip())
        self.code, self.kind, self.keys = code, kind, keys


KINDS: dict[str, frozenset[str]] = {
    kind: frozenset(keys.split())
    for kind, keys in {
        # devices: the ones with a status carry it as the event's own before and after
        "device.received": "form origin regime holder_id",
        "device.imported": "form origin regime holder_id source",
        "device.moved": "action move",
        "device.undone": "action move",
        "device.edited": "fields",
        "device.graded": "axis",
        "device.labelled": "layout",
        "device.relabelled": "reason",
        "device.placed": "place_id",
        "device.transferred": "from_id to_id",
        "device.alias-added": "alias",
        "device.merged": "into",
        "device.report-read": "report_id format",
        "device.report-doubted": "report_id reason",
        "device.refusal-signed": "document",
        "device.media-attested": "count",
        "device.media-unknown": "reason",
        "device.left": "mode",
        "device.charger-set": "charger",
        "device.charger-removed": "was",
        "device.part-moved": "part quantity",
        # storage media: a subject of their own, and told on the machine they sit in
        "medium.added": "medium_id",
        "medium.removed": "medium_id to",
        "medium.wiped": "medium_id outcome method source",
        "medium.wipe-doubted": "medium_id reason",
        "medium.wipe-settled": "medium_id counts",
        "medium.reservation-accepted": "medium_id reason",
        "medium.destroyed": "medium_id method",
        "medium.absent": "medium_id",
        # sets and counted stock
        "set.assembled": "base_id members",
        "set.member-added": "device_id",
        "set.member-removed": "device_id",
        "set.dissolved": "members",
        "stock.counted": "quantity",
        "stock.moved": "quantity reason",
        "part.added": "kind",
        "part.moved": "kind to",
        # workshop
        "device.installed": "system version",
        "device.checked": "passed checklist_id",
        "device.bench-checked": "ticks",
        "device.pocket-checked": "fields",
        "device.photo-added": "photo_id purpose",
        "device.photo-removed": "photo_id",
        "device.reset-attested": "medium_id method photo_id",
        "device.clone-seen": "of what",
        "device.lock-noted": "kinds",
        "device.lock-released": "kinds",
        "workshop.settings-changed": "fields",
        "system.changed": "fields",
        "place.created": "code",
        "place.changed": "fields",
        # donations
        "lot.drafted": "source",
        "lot.submitted": "lines",
        "lot.changed": "fields",
        "lot.line-accepted": "line_id",
        "lot.line-refused": "line_id reason",
        "lot.line-changed": "line_id fields",
        "lot.offered": "organisation_id",
        "lot.offer-accepted": "organisation_id",
        "lot.offer-declined": "organisation_id",
        "lot.collection-planned": "on",
        "lot.collected": "count",
        "lot.received": "count",
        "stocktake.closed": "groups texts",
        "lot.counted": "declared received",
        "lot.discrepancy-settled": "line_id how",
        "lot.deposited": "form",
        "lot.link-created": "link_id",
        "lot.link-renewed": "link_id",
        "lot.link-revoked": "link_id",
        "lot.file-uploaded": "sha256 rows",
        "lot.release-asked": "letter devices",
        "lot.release-date-changed": "parts_on",
        # needs: codes, profiles and numbers, never a person
        "need.drafted": "",
        "need.submitted": "",
        "need.validated": "",
        "need.returned": "motive",
        "need.amended": "fields",
        "need.withdrawn": "motive",
        "need.refused": "motive",
        "need.state-changed": "",
        "need.refreshed": "",
        "need.suspended": "reason",
        "need.linked": "need_id",
        "need.read": "",
        "need.slip-printed": "",
        "need.exported": "",
        "need.substitute-asked": "substitutes",
        "need.substitute-answered": "accepted",
        "need.follow-up-asked": "",
        "need.followed-up": "answer",
        "need.anonymised": "",
        "need.transferred": "to_id",
        # matching
        "reservation.opened": "need_id device_id expires_at",
        "reservation.released": "need_id device_id motive",
        "reservation.lapsed": "need_id device_id",
        "reservation.fulfilled": "need_id device_id",
        "reservation.extended": "need_id device_id expires_at",
        "reservation.delivered": "need_id device_id",
        "reservation.reminded": "need_id device_id",
        "reservation.raised": "need_id device_id",
        "proposal.made": "need_id device_id",
        "proposal.accepted": "need_id device_id",
        "proposal.declined": "need_id device_id motive",
        "run.made": "dry policy points",
        "run.proposal-refused": "need_id device_id motive",
        "run.proposal-swapped": "need_id device_id motive",
        "run.proposal-at-desk": "need_id device_id",
        "run.minutes-issued": "document_id",
        "trial.made": "table after",
        "appeal.sent": "count",
        # hand-over and after-sales
        "handover.planned": "need_id place_id",
        "handover.moved": "need_id",
        "handover.missed": "need_id",
        "handover.cancelled": "need_id motive",
        "handover.performed": "need_id mode",
        "handover.signed": "how",
        "ticket.opened": "fault",
        "ticket.closed": "outcome",
        "ticket.part-swapped": "part",
        # documents
        "document.issued": "number kind",
        "document.rendered": "sha256",
        "document.sealed": "sha256",
        "document.voided": "reason",
        "document.replaced": "by",
        # accounts and organisations
        "account.created": "",
        "account.invited": "organisation_id role",
        "account.invitation-revoked": "invitation",
        "account.joined": "organisation_id role",
        "account.left": "organisation_id",
        "account.role-changed": "organisation_id role",
        "account.changed": "fields",
        "account.password-changed": "",
        "account.signed-in": "",
        "account.signed-out": "",
        "account.sign-in-failed": "",
        "account.blocked": "",
        "account.unblocked": "",
        "account.session-revoked": "",
        "account.second-factor-on": "",
        "account.second-factor-off": "how",
        "account.recovery-used": "",
        "account.recovery-renewed": "",
        "account.identity-linked": "issuer",
        "organisation.created": "roles",
        "organisation.changed": "fields",
        "organisation.approved": "",
        "organisation.suspended": "reason",
        "organisation.confirmed": "",
        "organisation.joined": "request",
        "join-request.made": "role",
        "join-request.drafted": "",
        "join-request.declined": "",
        "token.created": "scope",
        "token.revoked": "",
        "campaign.created": "",
        "campaign.changed": "fields",
        # the instance
        "instance.set-up": "",
        "settings.changed": "fields",
        "table.adopted": "table version",
        "instance.mail-tested": "",
        "import.applied": "kind made",
        "event.erased": "seq motive",
        # what is left of an event whose time is over, and the tombstone that says so of several
        "event.forgotten": "",
        "events.forgotten": "seqs motive",
        # the time each thing is kept, and what persons ask of their own
        "privacy.purged": "counts",
        "need.rectified": "fields",
        "need.label-changed": "",
        "need.request-answered": "request",
    }.items()
}


def check(kind: str, payload: Mapping[str, Any]) -> None:
    """Raise EventRefused unless `kind` is known and `payload` carries its keys."""
    if kind not in KINDS:
        raise EventRefused("unknown-kind", kind)
    if missing := KINDS[kind] - payload.keys():
        raise EventRefused("missing-keys", kind, missing)
