"""Labels of what is known, and of machines to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from refurb.core.identity import CodeKind, kind_of
from refurb.core.scanning import command_of
from refurb.devices.models import Device
from refurb.labels import queries
from refurb.labels.drawing import Label, LabelRefused
from refurb.organisations.codes import last_code, next_codes
from refurb.security import Actor

#: Sheets printed in one go: 100 of 21.
MOST = 2100
#: What a household asks for, the most demanding last: a label names this one first.
HOUSEHOLD = ("P0", "P1", "P2", "P3", "P6")


@dataclass(frozen=True)
class Words:
    """What labels say in the reader's language: profiles by code, command cards by key.

    `address` is what stands before a code in the short address of a thing, as "refurb.exemple.fr/c/"; empty: none.
    """

    profiles: Mapping[str, str]
    commands: Mapping[str, str]
    address: str = ""

    def short(self, code: str) -> str:
        """Return the address to type when nothing can be scanned."""
        return f"{self.address}{code}" if self.address else ""


def labels_of(
    session: Session, codes: Sequence[str], words: Words, *, seen_by: Actor
) -> tuple[list[Label], list[Device]]:
    """Return the labels of `codes`, in their order, and the machines among them.

    Raises LabelRefused "not-yours" for what the actor may not see or what is neither machine, place nor card.
    """
    if len(codes) > MOST:
        raise LabelRefused("too-many", str(MOST))
    devices = queries.devices_of(session, codes, seen_by=seen_by)
    places = queries.places_of(session, codes, seen_by=seen_by)
    labels = []
    for code in codes:
        if device := devices.get(code):
            labels.append(of_device(device, words))
        elif place := places.get(code):
            labels.append(Label(code, title=place.name, detail=seen_by.organisation_name))
        elif kind_of(code) is CodeKind.COMMAND and (command := command_of(code)):
            labels.append(Label(code, title=words.commands[command.key]))
        else:
            raise LabelRefused("not-yours", code)
    return labels, list(devices.values())


def of_device(device: Device, words: Words) -> Label:
    """Return the label of a machine, its place loaded: what it is, what it serves, where it stands."""
    served = device.profiles or []
    best = max((code for code in served if code in HOUSEHOLD), default=max(served, default=None))
    detail = f"{best} · {words.profiles[best]}" if best and best in words.profiles else ""
    title = " ".join(filter(None, (device.maker, device.model)))
    place = device.place.name if device.place else ""
    return Label(device.code, title=title, detail=detail, place=place, address=words.short(device.code))


def blank(session: Session, count: int, words: Words) -> list[Label]:
    """Mint `count` codes of machines to come, and return their labels; each is linked at its first scan."""
    if not 1 <= count <= MOST:
        raise LabelRefused("too-many", str(MOST))
    return [Label(code, address=words.short(code)) for code in next_codes(session, CodeKind.DEVICE, count)]


def sample(words: Words) -> Label:
    """Return a blank label to look at: its code is the last of the territory, which no machine will take."""
    code = last_code(CodeKind.DEVICE)
    return Label(code, address=words.short(code))
