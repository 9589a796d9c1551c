"""Day one of a workshop: the machines it already holds, with the numbers that are stuck on them.

Media by the rule of design.md section 3: a controller attests what was wiped (method and date, line by line), or the
machine enters as triaged, whatever the file says. Nothing enters the stock that the stock would not take: without its
charger, its set or a profile, it waits at the control. What the preview says is asked again when it is applied: the
tables of grading may have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core import grading
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, WITHOUT_PROFILE, WITHOUT_SYSTEM, Form, Origin, Regime
from refurb.core.identity import CodeKind, read
from refurb.core.media import Outcome, WipeSource
from refurb.core.workflow import Status, TriageOutcome
from refurb.devices.grades import SOLID, Tables, in_force, regrade
from refurb.devices.identity import identity_columns, maker_key, serial_key
from refurb.devices.models import Device, DeviceAlias, MediumKind, MediumWipe, StorageMedium
from refurb.devices.words import STATUSES
from refurb.donations import values as cells
from refurb.donations.notes import Note
from refurb.donations.words import fold, maker_of
from refurb.exchange import vocabulary
from refurb.exchange.reading import Known, Line, Record, settle
from refurb.organisations import queries as organisations
from refurb.organisations.codes import next_code
from refurb.security import Actor

COLUMNS = {
    "serial": Known(r"\b(n° (de )?serie|num\w* (de )?serie|serial\w*|s/n|sn|service tag|imei|serie)\b", sure=True),
    "wiped_on": Known(r"\b(date (d )?effacement|efface\w* le|wiped on|effacement le)\b", sure=True),
    "wipe_method": Known(r"\b(methode|effac\w*|wipe\w*|logiciel d effacement)\b", free=True, longest=100),
    "status": Known(r"\b(statuts?|status|etats?( du stock)?|etape|situation|avancement)\b", free=True),
    "place": Known(r"\b(lieux?|emplacements?|etageres?|rayons?|localisations?|armoires?|salles?)\b", free=True),
    "reference": Known(
        r"\b(anciens? (n°|num\w*|codes?)|n° interne|code( interne)?|etiquettes?|references?|ref\.?|inventaires?"
        r"|n° (d )?inventaire|identifiants?|id|numeros?|n°)\b",
        free=True,
        longest=100,
    ),
    "form": Known(r"\b(types?|categories?|forme|nature|materiels?)\b", free=True),
    "maker": Known(r"\b(marques?|fabricants?|constructeurs?|maker|brand)\b", sure=True, longest=100),
    "model": Known(r"\b(modeles?|models?|designations?)\b", sure=True),
    "cpu": Known(r"\b(processeurs?|cpu|proc)\b", sure=True),
    "ram": Known(r"\b(ram|memoires?( vive)?|memory)\b", sure=True),
    "storage": Known(r"\b(disques?( durs?)?|ssd|hdd|stockage|capacite)\b", sure=True),
    "charger": Known(r"\b(chargeurs?|alimentations?|alim)\b", sure=True, longest=60),
    "origin": Known(r"\b(origine|provenance publique|public|prive)\b", free=True),
    "system": Known(r"\b(systeme|os|linux|windows)\b", sure=True, longest=100),
}  # fmt: skip
#: The steps that existing stock may stand at, in order; what lies after triage rests on the media.
LADDER = (
    Status.RECEIVED,
    Status.INVENTORIED,
    Status.TRIAGED,
    Status.WIPED,
    Status.DIAGNOSED,
    Status.INSTALLED,
    Status.QUALITY_CHECKED,
    Status.IN_STOCK,
)


def judge(session: Session, records: Sequence[Record], *, holder_id: int, attested: bool, today: date) -> list[Line]:
    """Return what each line would become for the workshop; `attested`: a controller answers for the dates given."""
    aliases, serials = _known(session, holder_id)
    places, using = _places(session, holder_id), in_force(session)
    lines = []
    for entry in records:
        line = _judge(
            entry, attested=attested, today=today, places=places, aliases=aliases, serials=serials, using=using
        )
        lines.append(line)
        if line.outcome != "refused":
            aliases.add(serial_key(line.values["reference"]) or "")
            if line.values["serial_key"]:
                serials.add((line.values["maker_key"], line.values["serial_key"]))
    return lines


def _places(session: Session, holder_id: int) -> dict[str, int]:
    """Return the places of the workshop by their names and by their codes, folded."""
    places = organisations.places_of(session, holder_id)
    return {fold(place.name): place.id for place in places} | {fold(place.code): place.id for place in places}


def _known(session: Session, holder_id: int) -> tuple[set[str], set[tuple[str | None, str | None]]]:
    aliases = session.scalars(
        sa.select(DeviceAlias.text_key).join(Device, Device.id == DeviceAlias.device_id).where(
            Device.holder_id == holder_id
        )
    )  # fmt: skip
    serials = session.execute(
        sa.select(Device.maker_key, Device.serial_key).where(Device.serial_trusted, Device.serial_key.is_not(None))
    )
    return set(aliases), {(row[0], row[1]) for row in serials}


def _judge(
    entry: Record,
    *,
    attested: bool,
    today: date,
    places: dict[str, int],
    aliases: Collection[str],
    serials: Collection[tuple[str | None, str | None]],
    using: Tables,
) -> Line:
    cell = entry.cells.get
    refused: list[str] = []
    mended: list[str] = []
    said: list[str] = []
    maker = maker_of(cell("maker") or "") or cell("maker")
    serial = cells.serial(cell("serial"), maker)
    if Note.SERIAL_MENDED in serial.notes:
        mended.append("serial-mended")
    form = vocabulary.form(cell("form") or "") or vocabulary.form(cell("model") or "")
    reference = cell("reference")
    told = cell("status") or ""
    wanted = vocabulary.one(told, vocabulary.STATUSES) if told else Status.TRIAGED
    if reference and read(reference).code is not None:
        refused.append("number-of-ours")
    if not (reference or serial.value):
        refused.append("no-number")
    if vocabulary.GONE.search(fold(told)) and wanted is None:
        refused.append("gone")
    elif wanted is None:
        said.append("status-unknown")
    if form is None:
        form = Form.OTHER if refused else Form.LAPTOP
        said.append("form-unknown")
    wiped_on = vocabulary.day(cell("wiped_on") or "", today)
    method = cell("wipe_method")
    proved = attested and wiped_on is not None and bool(method)
    place = places.get(fold(cell("place") or ""))
    if cell("place") and place is None:
        said.append("place-new")
    columns = identity_columns(maker, cell("model"), serial.value)
    known = bool(reference and (serial_key(reference) or "") in aliases) or (
        bool(columns["serial_trusted"]) and (columns["maker_key"], columns["serial_key"]) in serials
    )
    values: dict[str, Any] = {
        "form": form.value,
        "maker": maker,
        "model": cell("model"),
        "serial": serial.value,
        "maker_key": maker_key(maker),
        "serial_key": columns["serial_key"] if columns["serial_trusted"] else None,
        "reference": reference or "",
        "status": (wanted or Status.TRIAGED).value,
        "place": cell("place"),
        "wiped_on": wiped_on.isoformat() if proved and wiped_on else None,
        "wipe_method": method if proved else None,
        "cpu": cell("cpu"),
        "ram_gb": cells.ram_gb(cell("ram") or ""),
        "storage_gb": cells.gigabytes(cell("storage") or "") or cells.disk(cell("storage") or "").size_gb,
        "storage_kind": _kind(cell("storage") or ""),
        "charger": cell("charger") if vocabulary.said(cell("charger") or "") is not False else None,
        "origin": (Origin.PUBLIC if "public" in fold(cell("origin") or "") else Origin.PRIVATE).value,
        "system": cell("system"),
    }
    status, lowered = _status(values, using)
    if lowered:
        values["status"] = status.value
        mended.append(lowered)
    name = " ".join(str(part) for part in (maker, cell("model")) if part) or reference or serial.value or ""
    shown = " · ".join(part for part in (reference, name, serial.value, str(STATUSES[status])) if part)
    return settle(entry, shown, values, refused=refused, known=known, mended=mended, said=said)


def _status(values: dict[str, Any], using: Tables) -> tuple[Status, str | None]:
    """Return where the machine enters, and why that is lower than what is wanted."""
    wanted, form = Status(values["status"]), Form(values["form"])
    if LADDER.index(wanted) > LADDER.index(Status.TRIAGED) and not values["wiped_on"] and form not in WITHOUT_SYSTEM:
        return Status.TRIAGED, "not-attested"
    if wanted is Status.IN_STOCK:
        if form in NEEDS_SET:
            return Status.QUALITY_CHECKED, "no-set"
        if form in NEEDS_CHARGER and not values["charger"]:
            return Status.QUALITY_CHECKED, "no-charger"
        if form not in WITHOUT_SYSTEM | WITHOUT_PROFILE and not _serves(values, using):
            return Status.QUALITY_CHECKED, "no-profile"
    return wanted, None


def _serves(values: dict[str, Any], using: Tables) -> bool:
    """Whether the machine serves a profile by what the file says of it, as `regrade` will find it once it is here."""
    solid = values["storage_gb"] if values["storage_kind"] in {kind.value for kind in SOLID} else 0
    told = grading.Facts(form=values["form"], cpu=values["cpu"], ram_gb=values["ram_gb"], storage_gb=solid or 0)
    return bool(grading.grade(told, cpus=using.cpus, profiles=using.profiles).profiles)


def _kind(text: str) -> str:
    folded = fold(text)
    if "nvme" in folded:
        return MediumKind.NVME.value
    return MediumKind.SSD.value if "ssd" in folded else MediumKind.HDD.value if "hdd" in folded else "unknown"


def apply(
    session: Session, lines: Sequence[dict[str, Any]], *, holder_id: int, source: str, by: Actor, at: datetime
) -> int:
    """Bring the machines in; return how many. The same machine twice is one: what came in meanwhile is passed over."""
    aliases, serials = _known(session, holder_id)
    places, using = _places(session, holder_id), in_force(session)
    made = 0
    for values in lines:
        key = serial_key(values["reference"]) or ""
        trusted = (values["maker_key"], values["serial_key"])
        if (key and key in aliases) or (values["serial_key"] and trusted in serials):
            continue
        place_id = places.get(fold(values["place"] or ""))
        if place_id is None and values["place"]:
            place_id = _new_place(session, values["place"], holder_id, by=by, at=at)
            places[fold(values["place"])] = place_id
        _bring_in(session, values, holder_id=holder_id, place_id=place_id, source=source, using=using, by=by, at=at)
        if key:
            aliases.add(key)
        serials.add(trusted)
        made += 1
    return made


def _new_place(session: Session, name: str, holder_id: int, *, by: Actor, at: datetime) -> int:
    from refurb.organisations.models import Organisation, PlaceKind
    from refurb.organisations.services import add_place

    body = session.get_one(Organisation, holder_id)
    return add_place(session, body, PlaceKind.SHELF, values={"name": name[:300]}, by=by, at=at).id


def _bring_in(
    session: Session, values: dict[str, Any], *, holder_id: int, place_id: int | None, source: str, using: Tables,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    status, form = _status(values, using)[0], Form(values["form"])
    past_triage = LADDER.index(status) >= LADDER.index(Status.TRIAGED)
    device = Device(
        code=next_code(session, CodeKind.DEVICE),
        form=form,
        **identity_columns(values["maker"], values["model"], values["serial"]),
        origin=Origin(values["origin"]),
        regime=Regime.GIFT,
        holder_id=holder_id,
        place_id=place_id,
        status=status,
        status_since=at,
        triage_outcome=TriageOutcome.INSTALL if past_triage else None,
        opened_at=at,
        created_at=at,
        in_stock_since=at if status is Status.IN_STOCK else None,
        cpu_model=values["cpu"],
        ram_mb=round(values["ram_gb"] * 1024) if values["ram_gb"] else None,
        charger=(_("chargeur") if vocabulary.said(values["charger"]) else values["charger"])
        if values["charger"] else None,
        os_name=values["system"],
        media_known=form in WITHOUT_SYSTEM,
    )  # fmt: skip
    session.add(device)
    session.flush()
    if values["reference"] and (key := serial_key(values["reference"])):
        session.add(DeviceAlias(device_id=device.id, text=values["reference"], text_key=key))
    told = {"form": form.value, "origin": values["origin"], "regime": Regime.GIFT.value, "holder_id": holder_id}
    payload = {**told, "source": source, "place_id": place_id}
    record(session, "device", device.id, "device.imported", by=by, at=at, payload=payload, after=status.value)
    if values["wiped_on"]:
        _attest(session, device, values, by=by, at=at)
    if form not in WITHOUT_SYSTEM:
        regrade(session, device, using)


def _attest(session: Session, device: Device, values: dict[str, Any], *, by: Actor, at: datetime) -> None:
    """Write the controller's word: one medium, wiped by that method on that day."""
    on = datetime.combine(date.fromisoformat(values["wiped_on"]), time(12), UTC)
    medium = StorageMedium(
        device_id=device.id,
        holder_id=device.holder_id,
        kind=MediumKind(values["storage_kind"]),
        size_gb=values["storage_gb"],
        # It was in the workshop's hands before Refurb was: the word covers it from that day on.
        held_since=min(on, at),
        created_at=at,
        wipes=[],
    )
    session.add(medium)
    session.flush()
    session.add(
        MediumWipe(
            medium_id=medium.id,
            source=WipeSource.MANUAL,
            outcome=Outcome.OK,
            method=values["wipe_method"],
            reasons=[],
            ended_at=min(on, at),
            recorded_at=at,
            operator_id=by.id,
        )
    )
    device.media_known = True
    session.flush()
    told = {"medium_id": medium.id, "kind": medium.kind.value, "size_gb": medium.size_gb}
    record(session, "device", device.id, "medium.added", by=by, at=at, payload=told)
    wiped = {"outcome": Outcome.OK.value, "method": values["wipe_method"], "source": WipeSource.MANUAL.value}
    payload = {"medium_id": medium.id, **wiped, "on": values["wiped_on"], "attested": True}
    record(session, "device", device.id, "medium.wiped", by=by, at=at, payload=payload)
    payload = {"count": 1, "method": values["wipe_method"], "on": values["wiped_on"]}
    record(session, "device", device.id, "device.media-attested", by=by, at=at, payload=payload)
