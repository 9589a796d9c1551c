"""From rows to the shapes that core.matching compares: a device, a need, as matching scenarios have them."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core.documents import modes_allowed
from refurb.core.equipment import Form, Recipient
from refurb.core.need_life import OPEN
from refurb.core.needs import oldest_fresh
from refurb.core.territory import departement_of
from refurb.core.workflow import Status
from refurb.db import shared_alias
from refurb.devices.models import Device, DeviceSet
from refurb.needs.models import Need
from refurb.needs.queries import Kind
from refurb.organisations.models import Organisation, Place, Trust

Row = dict[str, Any]

#: Forms that are matched; a mini PC is a desktop to whoever sits before it, a server is not sent.
MATCHED = {
    Form.LAPTOP: "laptop",
    Form.DESKTOP: "desktop",
    Form.MINI_PC: "desktop",
    Form.ALL_IN_ONE: "all_in_one",
    Form.TABLET: "tablet",
    Form.SMARTPHONE: "smartphone",
}

#: The screen of a set, whose size is the set's.
Monitor = shared_alias(Device)


def stock(session: Session, *, device_ids: Sequence[int] | None = None) -> list[Row]:
    """Return the machines in stock that are matched, or those named whatever their status; with `key`, the row's id.

    One query of columns, no entities: a département's stock is compared with a need while the page is waited for.
    """
    query = (
        sa.select(
            Device.id.label("key"),
            Device.code,
            Device.form,
            Device.maker,
            Device.model,
            Device.charger,
            Device.cpu_class,
            Device.ram_mb,
            Device.storage_gb,
            sa.func.coalesce(Device.screen_in, Monitor.screen_in).label("screen_in"),
            Device.webcam,
            Device.has_battery,
            Device.battery_pct,
            Device.os_name,
            Device.origin,
            Device.regime,
            Device.in_stock_since,
            Device.status_since,
            Organisation.legal_type,
            Organisation.perimeter,
            sa.func.coalesce(Place.commune_code, Organisation.commune_code).label("commune"),
            sa.func.coalesce(Place.epci_code, Organisation.epci_code).label("epci"),
        )
        .join(Organisation, Organisation.id == Device.holder_id)
        .outerjoin(Place, Place.id == Device.place_id)
        .outerjoin(DeviceSet, DeviceSet.base_id == Device.id)
        .outerjoin(Monitor, Monitor.id == DeviceSet.monitor_id)
        .where(Device.cpu_class.is_not(None), Device.form.in_(MATCHED))
    )
    if device_ids is None:
        query = query.where(Device.status == Status.IN_STOCK)
    else:
        query = query.where(Device.id.in_(device_ids))
    return [_device(row) for row in session.execute(query)]


def one_device(session: Session, device: Device) -> Row | None:
    """Return one machine in this shape, None when it is not matched (no class, a server, a screen)."""
    rows = stock(session, device_ids=[device.id])
    return rows[0] if rows else None


def need_row(need: Need) -> Row:
    """Return a need in this shape; it must have a commune."""
    assert need.commune_code is not None
    return need_shape(need)


def need_shape(need: Any) -> Row:
    """Return what has a need's columns in this shape: an entity, or a row of `needs.queries.rows_for_matching`."""
    return {
        "key": need.id,
        "id": need.code,
        "forms": list(need.forms),
        "min": dict(need.minima),
        "os": need.os,
        "modes": list(need.modes),
        "recipient": need.recipient.value,
        "commune": need.commune_code,
        "epci": need.epci_code,
        "departement": departement_of(need.commune_code),
        "prescriber": str(need.organisation_id),
        "points": need.points,
        "validated_on": (need.validated_on or need.created_at.date()).isoformat(),
        "bundle": getattr(need, "bundle", None),
    }


def counted(today: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what a need and its service must be for a run to count with it."""
    return (
        Need.state.in_(OPEN),
        Need.confirmed_on >= oldest_fresh(today),
        Need.handover_place_id.is_not(None),
        Need.commune_code.is_not(None),
        Organisation.trust == Trust.APPROVED,
    )


def open_needs(session: Session, today: date, *, need_ids: Sequence[int] | None = None) -> tuple[list[Row], Row]:
    """Return the needs that a run counts with, in this shape, and the bundles they name; `key` is the row's id.

    With `need_ids` those named are returned whatever their state. One query of columns, as for the stock.
    """
    query = sa.select(
        Need.id,
        Need.code,
        Need.forms,
        Need.minima,
        Need.modes,
        Need.os,
        Need.recipient,
        Need.commune_code,
        Need.epci_code,
        Need.organisation_id,
        Need.points,
        Need.validated_on,
        Need.created_at,
        Need.bundle,
        Need.bundle_same,
    ).where(Need.commune_code.is_not(None))
    if need_ids is None:
        query = query.join(Organisation, Organisation.id == Need.organisation_id).where(*counted(today))
    else:
        query = query.where(Need.id.in_(need_ids))
    rows = session.execute(query).all()
    bundles = {row.bundle: {"same": row.bundle_same} for row in rows if row.bundle}
    return [need_shape(row) for row in rows], bundles


def kind_row(kind: Kind) -> Row:
    """Return what failing reads of a kind of need."""
    return {
        "forms": json.loads(kind.forms),
        "min": json.loads(kind.minima),
        "modes": json.loads(kind.modes),
        "os": kind.os,
        "recipient": kind.recipient.value,
        "epci": kind.epci_code,
    }


def _device(row: Any) -> Row:
    has_battery = row.has_battery if row.has_battery is not None else row.form is Form.LAPTOP
    origin_modes = modes_allowed(row.origin, row.regime, row.legal_type.value)
    return {
        "key": row.key,
        "id": row.code,
        "form": MATCHED[row.form],
        "model": " ".join(part for part in (row.maker, row.model) if part) or None,
        "charger": row.charger,
        "class": row.cpu_class,
        "ram_gb": (row.ram_mb or 0) / 1024,
        "storage_gb": row.storage_gb or 0,
        "screen_in": row.screen_in,
        "webcam": row.webcam,
        "battery_pct": (row.battery_pct or 0) if has_battery else None,
        "os": "windows" if "windows" in (row.os_name or "").casefold() else "linux",
        "modes": [mode.value for mode in origin_modes],
        "recipients": [recipient.value for recipient in Recipient],
        "commune": row.commune,
        "epci": row.epci,
        "departement": departement_of(row.commune) if row.commune else None,
        "reach": row.perimeter,
        "in_stock_since": (row.in_stock_since or row.status_since).date().isoformat(),
    }
