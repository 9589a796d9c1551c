"""What the desk says: a word for each answer, a sentence for each reason, in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.guidance import Doer
from refurb.core.identity import WhyNot, display
from refurb.core.permissions import Permission
from refurb.core.purpose import Purpose
from refurb.core.scanning import COMMANDS, Answer, Deed
from refurb.core.workflow import Action, TriageOutcome
from refurb.desk.lateness import is_late
from refurb.desk.models import Scan
from refurb.desk.queries import NOT_STANDING, STANDING, TICKED
from refurb.desk.readings import sentences as why_not
from refurb.desk.registry import CONTEXTS, FOLLOWS
from refurb.devices.words import ACTIONS, REFUSALS, STATUSES, TRIAGES, WAITS
from refurb.matching.words import PURPOSES, bases_waiting
from refurb.security import actor
from refurb.web import local_datetime

Words = dict[str, Any]

ANSWERS: dict[Answer, tuple[Any, str, str]] = {
    # word, tone, icon: each tells the answer without the two others
    Answer.DONE: (_l("Fait"), "done", "check-circle-fill"),
    Answer.ALREADY: (_l("Déjà fait"), "waits", "check2-all"),
    Answer.REFUSED: (_l("Refusé"), "refused", "x-octagon-fill"),
    Answer.UNKNOWN: (_l("Inconnu"), "neutral", "question-circle-fill"),
    Answer.WAITING: (_l("En attente"), "waits", "hourglass-split"),
}
#: Where "done" would be said of a thing that was only read.
WORDS: Words = {
    "opened": _l("Trouvé"),
    "opened-elsewhere": _l("Trouvé"),
    "opened-page": _l("Trouvé"),
    "command-set": _l("Réglé"),
    "place-set": _l("Réglé"),
    "context-set": _l("Réglé"),
    "no-place": _l("Réglé"),
    "undone": _l("Annulé"),
    "gun-works": _l("Reçu"),
    "badge-taken": _l("Réglé"),
    "counted": _l("Compté"),
    "counted-unexpected": _l("Inattendue"),
    "counted-elsewhere": _l("Notée ailleurs"),
}
#: What the page plays; static/js/scan.mjs has a tune for each.
SOUNDS: dict[Answer, str] = {answer: answer.value for answer in Answer}

COMMAND_WORDS: Words = {
    command.key: ACTIONS[command.action] for command in COMMANDS.values() if command.action not in (None, Action.TRIAGE)
} | {
    "triage:install": _l("Trier : à installer"),
    "triage:repair": _l("Trier : à réparer"),
    "triage:parts": _l("Trier : pour pièces"),
    "triage:weee": _l("Trier : pour les DEEE"),
    "triage:locked": _l("Trier : bloquée"),
    Deed.OPEN.value: _l("S'ouvre, sans rien changer"),
    Deed.ANYWHERE.value: _l("Ne plus ranger"),
    Deed.LABEL.value: _l("S'ajoute aux étiquettes à imprimer"),
    Deed.UNDO.value: _l("Annuler le dernier geste"),
}

#: What the desk itself refuses, besides what devices.words says.
_REFUSALS: Words = {
    "nothing-to-undo": _l("Il n'y a rien à annuler."),
    "later-place": _l("Elle a changé de place depuis."),
    "not-blank": _l("Cette étiquette est déjà celle d'une machine."),
    "several": _l("Plusieurs machines portent ce numéro : scannez l'étiquette de la bonne."),
    "already-settled": _l("C'est déjà réglé."),
    "not-a-member": _l("Cette personne n'est pas de votre organisation."),
    "pin-shape": _l("Un code de badge a de 4 à 8 chiffres, pas tous les mêmes."),
    "counted-elsewhere": _l("Elle est notée à un autre endroit."),
    "stocktake-closed": _l("L'inventaire est terminé : il ne change plus."),
    "context-first": _l("On compte en ce moment. Pour passer à autre chose : carte « S'ouvre, sans rien changer »."),
    "placeholder": _l("Ce n'est pas un vrai numéro de série : le fabricant ne l'a pas rempli."),
}


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
    def as_read(self) -> str:
        """The text as it came, where nothing else says which scan was refused."""
        return self.text if self.answer is Answer.REFUSED and not (self.title or self.code) else ""

    @cached_property
    def more(self) -> list[str]:
        """What is worth adding under the sentence."""
        return _more(self.scan, self.scan.detail or {})

    @cached_property
    def links(self) -> list[Link]:
        """The pages to go on with."""
        return _links(self.scan, self.scan.detail or {}, self.url)

    @cached_property
    def steps(self) -> list[tuple[str, str]]:
        """What may be done to the machine by one tap: commands and their words, what comes next and nothing else."""
        return _steps(self.scan, self.scan.detail or {})

    @cached_property
    def then(self) -> str | None:
        """A fragment of another area that the page fetches after the answer: for whom the machine is."""
        return _then(self.scan, self.scan.detail or {})


def refusal(code: str) -> str:
    """Return the sentence of a refusal, whoever refused."""
    if code in _REFUSALS or code in REFUSALS:
        return str(_REFUSALS.get(code) or REFUSALS[code])
    if code in set(WhyNot):
        return why_not(_)[WhyNot(code)]
    return str(_("Refusé (%(code)s).", code=code))


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
        sentence=_sentence(scan, detail),
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


def _sentence(scan: Scan, detail: dict[str, Any]) -> str:
    """Return what happened, or why nothing did."""
    for context in CONTEXTS.values():
        if said := context.sentence(scan.reason, detail):
            return said
    if scan.answer is Answer.REFUSED and scan.reason not in _SENTENCES:
        return refusal(scan.reason)
    return _SENTENCES[scan.reason](detail, scan)


#: What comes next, where somebody else than who scans does it.
_FOR_OTHERS: dict[Doer, Callable[[str], str]] = {
    Doer.WORKSHOP: lambda action: _("À faire par l'atelier : %(action)s.", action=action),
    Doer.CONTROLLER: lambda action: _("À faire par un contrôleur : %(action)s.", action=action),
    Doer.COORDINATION: lambda action: _("À faire par la coordination : %(action)s.", action=action),
    Doer.COUNTER: lambda action: _("À faire par qui la remet : %(action)s.", action=action),
}


def _opened(detail: dict[str, Any], scan: Scan) -> str:
    if detail.get("purpose"):
        return f"{PURPOSES[Purpose(detail['purpose'])]}."
    if detail.get("who") and detail["next"] == Action.RESERVE.value:
        return str(_("La coordination la met de côté."))
    if detail.get("who"):
        return _FOR_OTHERS[Doer(detail["who"])](_lower(ACTIONS[Action(detail["next"])]))
    if detail.get("next"):
        return str(_("À faire : %(action)s.", action=_lower(ACTIONS[Action(detail["next"])])))
    return str(WAITS[detail["waits"]]) if detail.get("waits") else _("Rien à faire pour l'instant.")


def _command_set(detail: dict[str, Any], scan: Scan) -> str:
    key = detail["command"]
    if key == Deed.OPEN.value:
        return str(_("Les machines scannées s'ouvrent, sans rien changer."))
    return str(_("Pour chaque machine scannée : %(action)s.", action=_lower(COMMAND_WORDS[key])))


def _moved(detail: dict[str, Any], scan: Scan) -> str:
    before, after = STATUSES[detail["before"]], STATUSES[detail["after"]]
    return str(_("%(before)s → %(after)s", before=before, after=after))


def _already(detail: dict[str, Any], scan: Scan) -> str:
    return str(_("C'était déjà fait : la machine est « %(status)s ».", status=_lower(STATUSES[detail["status"]])))


def _triaged_otherwise(detail: dict[str, Any], scan: Scan) -> str:
    if not detail.get("outcome"):
        return str(_("Elle est déjà triée. Ouvrez-la pour dire autre chose."))
    outcome = TRIAGES[TriageOutcome(detail["outcome"])]
    return str(_("Elle est déjà triée « %(outcome)s ». Ouvrez-la pour dire autre chose.", outcome=_lower(outcome)))


_SENTENCES: dict[str, Callable[[dict[str, Any], Scan], str]] = {
    "opened": _opened,
    "opened-elsewhere": lambda d, s: _(
        "Cette machine est chez %(holder)s : vous pouvez la reconnaître, pas la modifier.", holder=d["holder"]
    ),
    "opened-page": lambda d, s: d.get("detail") or _("Ouvrez sa page."),
    "held-elsewhere": lambda d, s: _("Cette machine est chez %(holder)s : rien n'a changé.", holder=d["holder"]),
    "moved": _moved,
    "placed": lambda d, s: (
        _("Rangée à %(place)s.", place=d["place"])
        if s.answer is Answer.DONE
        else _("Elle était déjà à %(place)s.", place=d["place"])
    ),
    "already": _already,
    "triaged-otherwise": _triaged_otherwise,
    "to-label": lambda d, s: _("Son étiquette s'imprimera avec celles de la pile."),
    "command-set": _command_set,
    "context-set": lambda d, s: _("Chaque scan compte maintenant pour ce don."),
    "unknown-command": lambda d, s: _("Cette carte d'action n'existe pas : imprimez-la de nouveau."),
    "no-place": lambda d, s: _("Les machines scannées restent où elles sont."),
    "place-set": lambda d, s: _("Les machines scannées sont rangées à %(place)s.", place=d["place"]),
    "unknown-place": lambda d, s: _("Aucun emplacement ne porte ce code."),
    "place-elsewhere": lambda d, s: _(
        "%(place)s est chez %(holder)s, pas chez vous.", place=d["place"], holder=d["holder"]
    ),
    "unknown-code": lambda d, s: _("Ce code est bien écrit, mais ne mène à rien que vous puissiez voir."),
    "blank-label": lambda d, s: _("Cette étiquette est bonne, mais n'est encore celle d'aucune machine."),
    "unknown-text": lambda d, s: _("Aucune machine n'est connue sous « %(text)s ».", text=d["text"]),
    "undone": lambda d, s: _("Le dernier geste est annulé."),
    "gun-works": lambda d, s: _("Le scanner fonctionne : c'était le code d'essai."),
    "to-confirm": lambda d, s: _(
        "%(action)s : confirmez une fois pour toute la pile.", action=COMMAND_WORDS[d["command"]]
    ),
    "badge-pin": lambda d, s: _("Tapez votre code pour scanner à votre nom."),
    "badge-taken": lambda d, s: _("%(name)s a pris le poste avec ce badge.", name=d["name"]),
    "badge-same": lambda d, s: _("C'est déjà vous qui scannez."),
    "unknown-badge": lambda d, s: _("Ce badge n'existe pas ici, ou ne compte plus."),
}


def _steps(scan: Scan, detail: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the commands that do what comes next, where nothing is missing for it and who scans may: a triage has
    several ends."""
    if scan.reason != "opened" or not detail.get("next") or detail.get("missing") or detail.get("who"):
        return []
    action = Action(detail["next"])
    return [(c.key, str(COMMAND_WORDS[c.key])) for c in COMMANDS.values() if c.action is action]


def _url(scan: Scan, detail: dict[str, Any]) -> str | None:
    """Return the page of the machine, for who may see it, or of what else was scanned."""
    if scan.device and scan.reason not in ("opened-elsewhere", "held-elsewhere"):
        return _page("devices.show", code=scan.device.code)
    return str(detail["url"]) if detail.get("url") else None


def _then(scan: Scan, detail: dict[str, Any]) -> str | None:
    """Return the address of what another area adds to a done answer, in a second request."""
    if scan.answer is not Answer.DONE or scan.device is None or scan.undone_at is not None:
        return None
    return next((url for follow in FOLLOWS.values() if (url := follow(scan.device, detail))), None)


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
                "Scannée le %(here)s sans réseau ; le %(moment)s, quelqu'un l'avait passée « %(status)s ».",
                here=here,
                moment=moment,
                status=_lower(STATUSES[told["status"]]),
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
        said.append(_("Lu « %(read)s », compris « %(serial)s ».", read=scan.text, serial=detail["serial"]))
    if detail.get("set"):
        said.append(_("Poste %(code)s : l'unité centrale, et l'écran avec elle.", code=display(detail["set"])))
    if detail.get("linked"):
        said.append(_("Étiquette %(label)s.", label=display(detail["linked"])))
    if scan.reason in ("opened", "opened-elsewhere"):
        said += [str(REFUSALS[code]) for code in detail.get("missing", ()) if code in REFUSALS]
        if detail.get("bases"):
            said.append(bases_waiting(detail["bases"], detail["count"]))
        if detail.get("base"):
            said.append(_("Cet écran va avec son unité centrale, %(code)s.", code=display(detail["base"])))
        if detail.get("next") and detail.get("waits"):
            said.append(str(WAITS[detail["waits"]]))
    said += [offer["detail"] for offer in detail.get("offers", ()) if offer["detail"]]
    if scan.reason == "step-missing" and detail.get("step"):
        said.append(_("Il manque : %(step)s.", step=_lower(ACTIONS[Action(detail["step"])])))
    if detail.get("implied"):
        steps = ", ".join(_lower(ACTIONS[Action(step)]) for step in detail["implied"])
        said.append(_("Noté du même coup : %(steps)s.", steps=steps))
    if "same-person" in detail.get("flags", ()):
        said.append(_("La même personne l'a installée et contrôlée : c'est noté."))
    if detail.get("place") and scan.reason == "moved":
        said.append(_("Rangée à %(place)s.", place=detail["place"]))
    if (scan.answer is Answer.REFUSED or scan.reason == "undone") and detail.get("status"):
        said.append(_("Elle est « %(status)s ».", status=_lower(STATUSES[detail["status"]])))
    if scan.reason == "unknown-text" and detail.get("why") in (WhyNot.WRONG_LENGTH, WhyNot.UNKNOWN_KIND):
        said.append(why_not(_)[WhyNot(detail["why"])])
    if scan.reason == "several":
        said.append(", ".join(map(display, detail["codes"])))
    return said


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
    if scan.answer is not Answer.UNKNOWN or scan.reason not in ("blank-label", "unknown-text"):
        return links
    if scan.settled_at is not None:
        return links
    text = str(detail.get("text") or "")
    label = scan.code if scan.reason == "blank-label" else None
    if actor().can(Permission.DEPOSIT_CREATE):
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


def _lower(words: Any) -> str:
    """Return words as they stand inside a sentence."""
    text = str(words)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
