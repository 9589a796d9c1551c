"""What the papers of a hand-over say, from its rows. Called inside the paper's language (force_locale)."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from refurb.core.documents import DocumentKind
from refurb.core.equipment import Mode
from refurb.core.handover import Accessory
from refurb.core.identity import display
from refurb.devices.models import Device
from refurb.devices.words import FORMS
from refurb.documents import papers
from refurb.documents.parts import Contact, Feature, Handed, Party
from refurb.handover import words
from refurb.handover.models import Handover
from refurb.needs.models import Need
from refurb.web import local_date


def title(device: Device) -> str:
    """Return a machine's maker and model, or what it is where neither is known."""
    return " ".join(part for part in (device.maker, device.model) if part) or str(FORMS[device.form])


def memory(device: Device) -> str:
    """Return the memory as people say it."""
    return "" if not device.ram_mb else _("%(size)s Go", size=round(device.ram_mb / 1024))


def storage(device: Device) -> str:
    """Return the storage as people say it."""
    return "" if not device.storage_gb else _("%(size)s Go", size=device.storage_gb)


def system(device: Device) -> str:
    """Return the system with the end of its support."""
    name = " ".join(part for part in (device.os_name, device.os_version) if part)
    if name and device.os_end_of_support:
        return str(_("%(system)s, suivi jusqu'au %(day)s", system=name, day=local_date(device.os_end_of_support)))
    return name


def accessories(device: Device, codes: list[str]) -> list[str]:
    """Return what goes with a machine in words, its charger with its plug and watts."""
    named = []
    for code in codes:
        word = str(words.ACCESSORIES[Accessory(code)])
        if code == Accessory.CHARGER and device.charger:
            word = _("chargeur %(kind)s", kind=device.charger)
        named.append(word[:1].lower() + word[1:])
    return named


def handed(device: Device, codes: list[str], price_cents: int | None, *, refurbished: bool = False) -> Handed:
    """Return a machine as the papers describe it; `refurbished`: the law lets the word be printed."""
    screen = f"{device.screen_in:g}" if device.screen_in else ""
    told = (
        (_("Processeur"), device.cpu_model or ""),
        (_("Mémoire"), memory(device)),
        (_("Stockage"), _("SSD %(size)s", size=storage(device)) if device.storage_gb else ""),
        (_("Écran"), _("%(size)s pouces", size=screen) if screen else ""),
        (_("Batterie"), _("%(percent)s %% de sa capacité", percent=device.battery_pct) if device.battery_pct else ""),
        (_("Système"), system(device)),
        (_("État"), _("reconditionné : fonctions essayées, données effacées") if refurbished else ""),
    )
    return Handed(
        code=device.code,
        form=device.form.value,
        title=title(device),
        serial=device.serial or "",
        features=[Feature(label=label, value=value) for label, value in told if value],
        accessories=accessories(device, codes),
        grade=str(words.GRADES[device.cosmetic_grade]) if device.cosmetic_grade else "",
        defects=[device.defects] if device.defects else [],
        price_cents=price_cents,
    )


def build(
    kind: DocumentKind,
    handover: Handover,
    need: Need,
    device: Device,
    *,
    place: str,
    contact: Contact,
    recipient: Party | None,
    accompaniment: str,
    agent: str,
    on: date,
    first_boot: str = "own_account",
    refurbished: bool = False,
    screen: Device | None = None,
) -> Any:
    """Return one of the papers of `core.documents.papers_for`, ready to be frozen; the screen of a set is named too."""
    sold = handover.mode is Mode.SOLIDARITY_SALE
    price = handover.price_cents if sold else None
    machine = handed(device, handover.accessories, price, refurbished=refurbished)
    loan_until = handover.loan_until.isoformat() if handover.loan_until else ""
    warranty = handover.warranty_until.isoformat() if handover.warranty_until else ""
    machines = [machine] if screen is None else [machine, handed(screen, [], None)]
    case: dict[str, Any] = {"handover_code": handover.code, "need_code": need.code, "devices": machines}
    case |= {"place": place, "contact": contact, "recipient": recipient}
    match kind:
        case DocumentKind.HANDOVER_SHEET:
            return papers.HandoverSheet(
                **case,
                mode=handover.mode.value,
                handed_over_on=on.isoformat(),
                agent=agent,
                price_cents=handover.price_cents if sold else None,
                loan_until=loan_until,
                warranty_until=warranty,
                accompaniment=accompaniment,
                signature=handover.signature.value,
                witness=_witness(handover),
            )
        case DocumentKind.BENEFICIARY_SHEET:
            return papers.BeneficiarySheet(
                code=device.code,
                shown_code=display(device.code),
                form=device.form.value,
                title=machine.title,
                system=system(device),
                first_boot=first_boot,
                processor=device.cpu_model or "",
                memory=memory(device),
                storage=storage(device),
                features=machine.features,
                accessories=machine.accessories,
                mode=handover.mode.value,
                loan_until=loan_until,
                warranty_until=warranty,
                contact=contact,
                accompaniment=accompaniment,
            )
        case DocumentKind.LOAN_AGREEMENT:
            return papers.LoanAgreement(
                **case, starts_on=on.isoformat(), ends_on=loan_until, deposit_cents=handover.deposit_cents
            )
        case DocumentKind.GIFT_DEED:
            return papers.GiftDeed(**case, given_on=on.isoformat(), origin=device.origin.value, warranty_until=warranty)
        case DocumentKind.SOLIDARITY_SALE_RECEIPT:
            return papers.SolidaritySaleReceipt(
                **case,
                sold_on=on.isoformat(),
                total_cents=handover.price_cents,
                paid_cents=handover.price_cents,
                origin=device.origin.value,
                warranty_until=warranty,
            )
    raise KeyError(kind)


def _witness(handover: Handover) -> str:
    code = handover.signature_detail.get("witness")
    return str(words.WITNESSES[code]) if code else ""
