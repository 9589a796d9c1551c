"""What a giver reads about machines that are locked: the steps for each lock, and the letter that carries them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.core.identity import display
from refurb.core.locks import Letter, LockKind
from refurb.donations import links, pages
from refurb.organisations.models import Organisation
from refurb.security import Actor
from refurb.web import local_date, zone
from refurb.workshop import locks
from refurb.workshop.locks import Due, Locked
from refurb.workshop.models import ReleaseRequest

#: What the giver does to lift each lock, as they would be told on the telephone.
STEPS: dict[LockKind, Any] = {
    LockKind.AUTOPILOT: _l(
        "Autopilot, Intune : dans le centre d'administration Intune, ouvrez Appareils, Inscription, Appareils Windows "
        "Autopilot, cherchez chaque numéro de série et supprimez-le ; supprimez aussi l'appareil de Microsoft Entra ID."
    ),
    LockKind.MDM: _l(
        "Gestion de parc : retirez chaque appareil de votre outil de gestion. Pour du matériel Apple, choisissez "
        "« Libérer l'appareil » dans Apple Business Manager (business.apple.com) ; pour du Samsung, retirez-le de Knox."
    ),
    LockKind.APPLE: _l(
        "Compte Apple (verrouillage d'activation) : connectez-vous à icloud.com/find avec le compte de l'appareil, "
        "choisissez-le, puis « Supprimer l'appareil ». Si le compte est perdu, Apple le lève sur présentation de la "
        "facture."
    ),
    LockKind.GOOGLE: _l(
        "Compte Google, Samsung ou Xiaomi : sur myaccount.google.com, ouvrez Sécurité, Vos appareils, et déconnectez "
        "l'appareil ; sinon, donnez-nous le compte à retirer à l'allumage, que nous effacerons devant vous."
    ),
    LockKind.BIOS: _l(
        "Mot de passe du BIOS : communiquez-nous le mot de passe que vos services y avaient mis, ou demandez au "
        "fabricant le code de levée pour chaque numéro de série."
    ),
    LockKind.ABSOLUTE: _l(
        "Absolute (Computrace) : dans la console Absolute, demandez le désenrôlement (« Unenroll ») de chaque numéro "
        "de série ; sans console, écrivez au support d'Absolute."
    ),
    LockKind.OPERATOR: _l(
        "Verrou d'opérateur : demandez à l'opérateur le code de déverrouillage pour chaque IMEI ; il est gratuit trois "
        "mois après l'achat."
    ),
    LockKind.UNKNOWN: _l(
        "Verrou non identifié : dites-nous si ces machines étaient dans un outil de gestion (Intune, Apple, Absolute), "
        "ou protégées par un mot de passe de démarrage."
    ),
}

#: The name of a lock on a screen.
NAMES: dict[LockKind, Any] = {
    LockKind.BIOS: _l("Mot de passe du BIOS"),
    LockKind.AUTOPILOT: _l("Autopilot ou Intune"),
    LockKind.MDM: _l("Gestion de parc (Apple, Knox, autre)"),
    LockKind.APPLE: _l("Compte Apple"),
    LockKind.GOOGLE: _l("Compte Google, Samsung ou Xiaomi"),
    LockKind.ABSOLUTE: _l("Absolute (Computrace)"),
    LockKind.OPERATOR: _l("Verrou d'opérateur"),
    LockKind.UNKNOWN: _l("Verrou non identifié"),
}

_SUBJECTS: dict[Letter, Any] = {
    Letter.ASK: _l("Don %(code)s : machines à déverrouiller"),
    Letter.REMIND: _l("Rappel, don %(code)s : machines à déverrouiller"),
    Letter.LAST: _l("Dernier rappel, don %(code)s : machines à déverrouiller"),
}


def steps_for(machines: Iterable[Locked]) -> list[str]:
    """Return the steps that these machines ask of their giver, each once."""
    wanted = {kind for machine in machines for kind in machine.kinds}
    return [str(STEPS[kind]) for kind in STEPS if kind in wanted]


def line_of(machine: Locked) -> str:
    """Return a machine as its giver knows it: their own number first, the serial, the model, what holds it."""
    device, line = machine.device, machine.line
    inventory = line.inventory_number if line is not None else None
    told = [
        _("n° d'inventaire %(number)s", number=inventory) if inventory else None,
        _("série %(serial)s", serial=device.serial) if device.serial else _("sans numéro de série"),
        " ".join(word for word in (device.maker, device.model) if word) or None,
        ", ".join(str(NAMES[kind]) for kind in machine.kinds),
    ]
    return " ; ".join(word for word in told if word)


def send(session: Session, letter: Due, *, by: Actor, at: datetime) -> int:
    """Write to the contacts of the gift in its language; return to how many, 0 when nobody can be written to."""
    request, lot = letter.request, letter.request.lot
    to = links.addresses(session, lot)
    if not to:
        return 0
    workshop = session.get_one(Organisation, request.holder_id)
    with force_locale(lot.language):
        subject = str(_SUBJECTS[letter.letter]) % {"code": display(lot.code)}
        context: dict[str, Any] = {
            "letter": letter.letter.value,
            "machines": [line_of(machine) for machine in letter.machines],
            "count": len(letter.machines),
            "steps": steps_for(letter.machines),
            "parts_on": local_date(request.parts_on),
            "workshop": workshop.name,
            "phone": workshop.phone,
            "email": workshop.email,
        }
    pages.tell_giver(session, lot, "gift_locked", subject, by=by, **context)
    locks.mark_sent(session, letter, by=by, at=at)
    return len(to)


def round_of_letters(session: Session, at: datetime, *, by: Actor) -> int:
    """Write every letter that is due; return how many left."""
    today, sent = at.astimezone(zone()).date(), 0
    for request in locks.open_requests(session):
        machines = locks.locked(session, holder_id=request.holder_id, lot_id=request.lot_id)
        letter = locks.due(session, request, machines, today=today, zone=zone())
        if letter is not None and send(session, letter, by=by, at=at):
            sent += 1
    return sent


def send_now(session: Session, request: ReleaseRequest, *, by: Actor, at: datetime) -> int:
    """Write the letter of a request now, whatever day it is; return to how many, 0 when there is nobody or nothing."""
    machines: Sequence[Locked] = locks.locked(session, holder_id=request.holder_id, lot_id=request.lot_id)
    if not machines:
        return 0
    untold = any(lock.told_at is None for machine in machines for lock in machine.locks)
    letter = Letter.ASK if untold or request.mailed_at is None else Letter.REMIND
    return send(session, Due(request, letter, machines), by=by, at=at)
