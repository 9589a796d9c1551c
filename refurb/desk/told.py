"""A scan as it is shown: its word and sentence, what is worth adding, and what one may go on with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from refurb.core.identity import WhyNot, display
from refurb.core.lateness import is_late
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer
from refurb.core.serials import serial_trusted
from refurb.core.workflow import Action
from refurb.desk.models import Scan
from refurb.desk.queries import NOT_STANDING, STANDING, TICKED
from refurb.desk.readings import cut
from refurb.desk.readings import sentences as why_not
from refurb.desk.registry import FOLLOWS
from refurb.desk.words import ANSWERS, COMMAND_WORDS, WORDS, coming, lower, sentence
from refurb.devices.words import ACTIONS, REFUSALS, STATUSES, WAITS
from refurb.matching.words import bases_waiting
from refurb.security import actor
from refurb.web import local_date, local_datetime, today, zone


@dataclass(frozen=True)
class Link:
    """A page to go on with."""

    label: str
    url: str
    icon: str = "arrow-right"


@dataclass(frozen=True)
class Told:
    """A scan as it is shown; what not every list shows of it is said when it is asked."""

    scan: Scan
    id: int
    answer: Answer
    word: str
    tone: str
    icon: str
    text: str
    code: str
    title: str
    sentence: str
    at: datetime
    #: When it was scanned, where that is not when it arrived.
    scanned_at: datetime | None = None
    #: Something befell the machine between the two.
    conflict: bool = False
    reason: str = ""
    #: The blank label that may be given to a machine.
    link_label: str | None = None
    #: The badge whose PIN is asked.
    badge: str | None = None
    #: It stands in the way of the pile: nobody dealt with it yet.
    stands: bool = False
    can_undo: bool = False
    undone: bool = False
    #: The count whose place this machine may be put at by one tap: it was found there and noted elsewhere.
    put_here: int | None = None

    @cached_property
    def url(self) -> str | None:
        """The page of what was scanned."""
        return _url(self.scan, self.scan.detail or {})

    @property
    def name(self) -> str:
        """What names the scan among others: its code, or the beginning of what was read."""
        return cut(self.code or self.text)

    @property
    def whole(self) -> str:
        """What the name is the beginning of; empty where it is all."""
        return "" if self.name == (self.code or self.text) else self.code or self.text

    @property
    def as_read(self) -> str:
        """What names the scan in its own answer: its code, or what was refused where nothing else says which."""
        return self.name if self.code or (self.answer is Answer.REFUSED and not self.title) else ""

    @property
    def findable(self) -> bool:
        """Whether somebody may say which machine it was; a misread code is better read again, where that goes."""
        return self.reason in ("unknown-text", "blank-label", WhyNot.WRONG_CHECK)

    @property
    def sought(self) -> str:
        """What to look for among the machines: nothing is like a blank label."""
        detail = self.scan.detail or {}
        return "" if self.scan.code else str(detail.get("text") or " ".join(detail.get("misread", ())) or self.text)

    @cached_property
    def more(self) -> list[str]:
        """What is worth adding under the sentence."""
        return _more(self.scan, self.scan.detail or {})

    @cached_property
    def links(self) -> list[Link]:
        """The pages to go on with."""
        detail = self.scan.detail or {}
        links = _links(self.scan, detail, self.url)
        if detail.get("ended"):
            before = url_for("desk.pile", pile_id=detail["ended"]["pile"])
            links.append(Link(_("Ouvrir la pile d'avant"), before, "clock-history"))
        return links

    @cached_property
    def steps(self) -> list[tuple[str, str]]:
        """What may be done to the machine by one tap: commands and their words, what comes next and nothing else."""
        return _steps(self.scan, self.scan.detail or {})

    @cached_property
    def then(self) -> str | None:
        """A fragment of another area that the page fetches after the answer: for whom the machine is."""
        return _then(self.scan, self.scan.detail or {})


def told(scan: Scan) -> Told:
    """Say a scan; its machine must be loaded."""
    word, tone, icon = ANSWERS[scan.answer]
    detail, device = scan.detail or {}, scan.device
    code = device.code if device else scan.code
    title = " ".join(filter(None, (device.maker, device.model))) if device else str(detail.get("title") or "")
    return Told(
        scan=scan,
        id=scan.id,
        answer=scan.answer,
        word=str(WORDS.get(scan.reason, word)) if scan.answer is Answer.DONE or scan.reason in TICKED else str(word),
        tone=tone,
        icon=icon,
        text=scan.text,
        code=" ".join(map(display, [code] if code else detail.get("misread", ()))),
        title=title,
        sentence=sentence(scan),
        at=scan.at,
        scanned_at=scan.client_at if is_late(scan.client_at, scan.at) else None,
        conflict="meanwhile" in detail,
        reason=scan.reason,
        link_label=scan.code if scan.reason == "blank-label" and scan.settled_at is None else None,
        badge=detail.get("badge"),
        stands=scan.answer in STANDING and scan.reason not in NOT_STANDING and scan.settled_at is None,
        can_undo=(scan.event_id is not None or scan.reason in TICKED) and scan.undone_at is None,
        undone=scan.undone_at is not None,
        put_here=_put_here(scan, detail),
    )


def _put_here(scan: Scan, detail: dict[str, Any]) -> int | None:
    if not detail.get("here") or scan.settled_at is not None or scan.undone_at is not None:
        return None
    return int(detail["context"].partition(":")[2])


def _steps(scan: Scan, detail: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the commands that do what comes next, where nothing is missing for it and who scans may: a triage has
    several ends."""
    if (scan.reason != "opened" and scan.answer is not Answer.REFUSED) or scan.undone_at is not None:
        return []
    if scan.settled_at is not None or not detail.get("next") or detail.get("missing") or detail.get("who"):
        return []
    action = Action(detail["next"])
    return [(c.key, str(COMMAND_WORDS[c.key])) for c in COMMANDS.values() if c.action is action]


def _url(scan: Scan, detail: dict[str, Any]) -> str | None:
    """Return the page of the machine, for who may see it, or of what else was scanned."""
    if scan.device and not detail.get("holder"):
        return _page("devices.show", code=scan.device.code)
    return str(detail["url"]) if detail.get("url") else None


def _then(scan: Scan, detail: dict[str, Any]) -> str | None:
    """Return the address of what another area adds to a done answer, in a second request."""
    if scan.answer is not Answer.DONE or scan.device is None or scan.undone_at is not None:
        return None
    found = next((url for follow in FOLLOWS.values() if (url := follow(scan.device, detail))), None)
    return url_for("desk.after", scan_id=scan.id) if found is None and scan.reason == "moved" else found


def _meanwhile(scan: Scan, told: dict[str, Any]) -> str:
    """Return the other truth of a scan that came late: what befell the machine before it arrived."""
    moment, asked = local_datetime(datetime.fromisoformat(told["at"]), "d MMM, HH:mm"), scan.client_at
    here = local_datetime(asked, "d MMM, HH:mm") if asked else "?"
    if told.get("place"):
        return str(
            _(
                "Scannée le %(here)s sans réseau ; le %(moment)s, quelqu'un l'avait rangée à %(place)s.",
                here=here,
                moment=moment,
                place=told["place"],
            )
        )
    if told.get("status"):
        return str(
            _(
                "Scannée le %(here)s sans réseau ; le %(moment)s, quelqu'un avait noté l'état « %(status)s ».",
                here=here,
                moment=moment,
                status=lower(STATUSES[told["status"]]),
            )
        )
    return str(
        _(
            "Scannée le %(here)s sans réseau ; le %(moment)s, quelqu'un d'autre avait changé la machine.",
            here=here,
            moment=moment,
        )
    )


def _more(scan: Scan, detail: dict[str, Any]) -> list[str]:
    """Return what is worth adding under the sentence."""
    said = []
    if detail.get("left"):
        said.append(_("Ce qui se comptait est terminé : cette machine n'y est pas comptée."))
    if detail.get("meanwhile"):
        said.append(_meanwhile(scan, detail["meanwhile"]))
    if detail.get("mended"):
        said.append(_("Lu « %(read)s », compris « %(serial)s ».", read=cut(scan.text), serial=detail["serial"]))
    if detail.get("set"):
        said.append(_("Poste %(code)s : l'unité centrale, et l'écran avec elle.", code=display(detail["set"])))
    if detail.get("linked"):
        said.append(_("Étiquette %(label)s.", label=display(detail["linked"])))
    if scan.reason in ("opened", "opened-elsewhere"):
        said += missing(detail)
        if detail.get("bases"):
            said.append(bases_waiting(detail["bases"], detail["count"]))
        if detail.get("base"):
            said.append(_("Cet écran va avec son unité centrale, %(code)s.", code=display(detail["base"])))
        if detail.get("next") and detail.get("waits"):
            said.append(str(WAITS[detail["waits"]]))
    said += [offer["detail"] for offer in detail.get("offers", ()) if offer["detail"]]
    if detail.get("ended"):
        said.append(over(datetime.fromisoformat(detail["ended"]["begun"])))
    if scan.reason == "step-missing" and detail.get("step"):
        said.append(_("Il manque : %(step)s.", step=lower(ACTIONS[Action(detail["step"])])))
    if detail.get("implied"):
        steps = ", ".join(lower(ACTIONS[Action(step)]) for step in detail["implied"])
        said.append(_("Noté du même coup : %(steps)s.", steps=steps))
    if "same-person" in detail.get("flags", ()):
        said.append(_("La même personne l'a installée et contrôlée : c'est noté."))
    if detail.get("place") and scan.reason == "moved":
        said.append(_("Rangée à %(place)s.", place=detail["place"]))
    if (scan.answer is Answer.REFUSED or scan.reason == "undone") and detail.get("status"):
        said.append(_("Son état : %(status)s.", status=lower(STATUSES[detail["status"]])))
    if scan.answer is Answer.REFUSED and detail.get("status") and (detail.get("next") or detail.get("waits")):
        said.append(coming(detail))
        said += missing(detail)
    if scan.reason == "unknown-text" and detail.get("why") in (WhyNot.WRONG_LENGTH, WhyNot.UNKNOWN_KIND):
        said.append(why_not(_)[WhyNot(detail["why"])])
    if scan.reason == "several":
        said.append(", ".join(map(display, detail["codes"])))
    return said


def over(begun: datetime) -> str:
    """Say that a pile of another day is over: what was set in it holds no more."""
    day = begun.astimezone(zone()).date()
    if day == today() - timedelta(days=1):
        return str(_("La pile d'hier est terminée : choisissez ce que vous faites."))
    told_day = local_date(day, "EEEE d MMMM")
    return str(_("La pile du %(day)s est terminée : choisissez ce que vous faites.", day=told_day))


def missing(detail: Mapping[str, Any]) -> list[str]:
    """Return what stands in the way of what comes next; what only its doer fills in is told to them."""
    codes = [code for code in detail.get("missing", ()) if not (detail.get("who") and code.startswith("checklist"))]
    return [str(REFUSALS[code]) for code in codes if code in REFUSALS]


def _links(scan: Scan, detail: dict[str, Any], url: str | None) -> list[Link]:
    """Return the pages to go on with: the thing itself, what it leads to, and for an unknown one, three ways out."""
    links = []
    if url:
        settle = scan.answer is Answer.UNKNOWN
        links.append(
            Link(_("Ouvrir la machine") if scan.device else _("Dire ce que c'est") if settle else _("Ouvrir"), url)
        )
    links += [Link(offer["title"], offer["url"], "people") for offer in detail.get("offers", ())]
    if scan.reason == "to-label" and scan.undone_at is None and actor().can(Permission.LABEL_PRINT):
        page = _page("labels.prepare", pile=scan.pile_id)
        links += [Link(_("Imprimer les étiquettes de la pile"), page, "printer")] if page else []
    if scan.settled_at is not None:
        return links
    if scan.reason == WhyNot.WRONG_CHECK and (page := _page("desk.unknown", scan_id=scan.id)):
        links.append(Link(_("Chercher parmi les machines"), page, "search"))
    if scan.answer is not Answer.UNKNOWN or scan.reason not in ("blank-label", "unknown-text"):
        return links
    text = str(detail.get("text") or "")
    label = scan.code if scan.reason == "blank-label" else None
    # Of a dot, or of three letters, no machine is made.
    if actor().can(Permission.DEPOSIT_CREATE) and (label or serial_trusted(None, text)):
        given = {"label": label} if label else {"serial": text}
        if page := _page("donations.deposit", **given):
            links.append(Link(_("Créer la machine"), page, "plus-lg"))
    if page := _page("desk.unknown", scan_id=scan.id, q=text or None):
        links.append(Link(_("Chercher parmi les machines"), page, "search"))
    if actor().can(Permission.LOT_READ) and (page := _page("donations.index")):
        links.append(Link(_("La compter dans un don"), page, "box-seam"))
    return links


def _page(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page that this instance carries."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
