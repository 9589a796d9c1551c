"""Papers: numbered in the order of their days, frozen in the shape of their kind, sealed once a kind.

Every paper of a kind names the same bytes: rendering and sealing each would take a day, and no page reads more of them
than their hash.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

from refurb import blobs
from refurb.core.documents import DocumentKind
from refurb.core.identity import CodeKind, display, mint, number_in
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import End, Told, Writer, chained
from refurb.documents import checking, parts, rendering, seal, services
from refurb.documents.models import Document, DocumentCounter
from refurb.documents.papers import Served
from refurb.organisations.models import Organisation
from refurb.web import zone

CONTACT = parts.Contact(name="Accueil", phone="02 41 00 00 00")


class Papers:
    """What is asked for, and written at the end, when the order of all is known."""

    def __init__(self, draw: Random, world: World, writer: Writer) -> None:
        self.draw, self.world, self.writer = draw, world, writer
        self.asked: list[tuple[datetime, int, DocumentKind, int, str, int, dict[str, Any]]] = []

    def ask(
        self, kind: DocumentKind, issuer_id: int, subject_kind: str, subject_id: int, at: datetime, **said: Any
    ) -> None:
        """Ask for a paper about a thing, issued at a moment."""
        self.asked.append((at, len(self.asked), kind, issuer_id, subject_kind, subject_id, said))

    def write(self) -> int:
        """Number, freeze and seal them all; return how many there are."""
        session, draw, writer = self.world.session, self.draw, self.writer
        lasts: dict[tuple[int, int], int] = {}
        #: By kind: what its papers say, the hash of the bytes that they share, and of the certificate.
        sealed: dict[DocumentKind, tuple[dict[str, Any], str, str | None]] = {}
        prefixes = {one: services.prefix(session.get_one(Organisation, one)) for one in self.world.names}
        for number, (at, _order, kind, issuer_id, subject_kind, subject_id, said) in enumerate(
            sorted(self.asked, key=lambda row: row[:2]), 1
        ):
            year = at.astimezone(zone()).year
            sequence = lasts[issuer_id, year] = lasts.get((issuer_id, year), 0) + 1
            code, token = mint(CodeKind.DOCUMENT, number_in("49", number)), f"{draw.getrandbits(128):032x}"
            printed = f"{prefixes[issuer_id]}-{year}-{sequence:05d}"
            envelope = parts.Envelope(
                issuer=parts.Party(name=self.world.names[issuer_id]),
                number=printed,
                code=code,
                shown_code=display(code),
                verify_address="https://volume.invalid/verify",
                verify_link=f"https://volume.invalid/verify/{token}",
                template_version=rendering.VERSIONS[kind],
            )
            if kind not in sealed:
                data = checking.checked(
                    kind, {**says(kind, at, self.world.names[issuer_id], said), "document": envelope}
                )
                sealed[kind] = (data, *self._sealed(kind, data, at))
            data, sha256, fingerprint = sealed[kind]
            data = {**data, **{name: said[name] for name in said if name in data}, "document": asdict(envelope)}
            voided_at = at + timedelta(days=3) if number % 200 == 0 else None
            writer.add(
                Document,
                {
                    "id": number,
                    "code": code,
                    "token": token,
                    "issuer_id": issuer_id,
                    "year": year,
                    "sequence": sequence,
                    "number": printed,
                    "kind": kind.value,
                    "template_version": rendering.VERSIONS[kind],
                    "language": "fr",
                    "subject_kind": subject_kind,
                    "subject_id": subject_id,
                    "data": data,
                    "issued_at": at,
                    "rendered_at": at + timedelta(minutes=1),
                    "sha256": sha256,
                    "seal_sha256": fingerprint,
                    "voided_at": voided_at,
                    "void_motive": "Erreur de saisie" if voided_at else None,
                },
            )
            told = [
                Told(
                    "document.issued",
                    {"number": printed, "kind": kind.value, "subject": f"{subject_kind}:{subject_id}"},
                ),
                Told("document.rendered", {"sha256": sha256, "seal": fingerprint}, at=at + timedelta(minutes=1)),
            ]
            if voided_at:
                told.append(Told("document.voided", {"reason": "Erreur de saisie"}, at=voided_at))
            writer.tell(chained(draw, ("document", number), told, End(at), organisation_id=issuer_id))
            if writer.full():
                writer.flush(f"{number:,} papers")
        for (issuer_id, year), last in lasts.items():
            writer.add(DocumentCounter, {"issuer_id": issuer_id, "year": year, "last": last})
        writer.flush(f"{len(self.asked):,} papers")
        return len(self.asked)

    def _sealed(self, kind: DocumentKind, data: dict[str, Any], at: datetime) -> tuple[str, str | None]:
        """Return the hash of the bytes of one paper of a kind, and of the certificate that sealed them."""
        pdf, key = rendering.render(kind, data, "fr", at.astimezone(zone()).date()), services.instance_seal()
        if key is not None:
            pdf = seal.put(pdf, key)
        return blobs.put(self.world.session, pdf, "application/pdf"), seal.fingerprint(key.certificate) if key else None


def says(kind: DocumentKind, at: datetime, issuer: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a paper of a kind says, less its envelope."""
    day = at.astimezone(zone()).date().isoformat()
    us = parts.Party(name=issuer)
    if kind is DocumentKind.MATCH_MINUTES:
        row = Served(need_code="N4900000000", points=40, device_code="R4900000000", why="", decision="")
        return {
            "run_on": day,
            "seed": "volume",
            "digest": "0" * 64,
            "method": "exact",
            "versions": [],
            "rule": [],
            "figures": [parts.Feature(label="Machines", value="200")],
            "territories": [],
            "reasons": [],
            "rows": [row] * 40,
            "overrides": [row] * 4,
        }
    if "handover_code" in said:
        code, model = said["device"]
        device = parts.Handed(code=code, form="laptop", title=model, serial="V0000000", accessories=["Chargeur"])
        common = {"mode": "gift", "contact": CONTACT, "warranty_until": day}
        both = {
            "handover_code": said["handover_code"],
            "need_code": said["need_code"],
            "devices": [device],
            "place": "Accueil",
        }
        if kind is DocumentKind.HANDOVER_SHEET:
            return {**common, **both, "handed_over_on": day, "agent": issuer, "signature": "signed"}
        if kind is DocumentKind.GIFT_DEED:
            return {**both, "given_on": day, "origin": "private", "contact": CONTACT, "warranty_until": day}
        return {**common, "code": code, "shown_code": display(code), "form": "laptop", "title": model}
    lot, donor = {"lot_code": said["lot_code"]}, parts.Party(name=said["donor"])
    line = parts.DeviceLine(code="R4900000000", form="laptop", title="Lenovo ThinkPad T470", serial="V0000000")
    goods = parts.Goods(label="Ordinateurs portables", quantity=20)
    machine = parts.CertifiedMachine(
        code=line.code,
        form=line.form,
        title=line.title,
        serial=line.serial,
        media=[
            parts.CertifiedMedium(number=1, kind="ssd", serial="S0000000", size_gb=240, outcome="ok", level="clear"),
        ],
    )
    shapes: dict[DocumentKind, dict[str, Any]] = {
        DocumentKind.DONATION_AGREEMENT: {
            "donor": donor,
            "taker": us,
            "origin": "private",
            "regime": "patronage",
            "lines": [goods] * 5,
            "place": "Sur place",
            "disks": "wipe",
            "resale": "none",
        },
        DocumentKind.PICKUP_SLIP: {
            "supplier": donor,
            "collector": us,
            "place": "Sur place",
            "lines": [goods] * 5,
        },
        DocumentKind.RECEIPT_SLIP: {
            "supplier": donor,
            "receiver": us,
            "received_on": day,
            "lines": [parts.Counted(label=goods.label, declared=20, received=20)] * 5,
        },
        DocumentKind.INTAKE_CERTIFICATE: {
            "supplier": donor,
            "holder": us,
            "received_on": day,
            "devices": [line] * 20,
        },
        DocumentKind.WIPE_CERTIFICATE: {
            "former_owner": donor,
            "holder": us,
            "sensitivity": "wipe",
            "reviewer": issuer,
            "reviewed_on": day,
            "machines": [machine] * 20,
        },
        DocumentKind.TRANSFER_CERTIFICATE: {
            "donor": donor,
            "taker": us,
            "regime": "patronage",
            "transferred_on": day,
            "devices": [line] * 20,
        },
    }
    return {**lot, **shapes[kind]}
