"""What the desk says: a word for each answer, a sentence for each reason, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.guidance import Doer
from refurb.core.identity import WhyNot
from refurb.core.purpose import Purpose
from refurb.core.scanning import COMMANDS, Answer, Deed
from refurb.core.workflow import Action, TriageOutcome
from refurb.desk.models import Scan
from refurb.desk.readings import cut
from refurb.desk.readings import sentences as why_not
from refurb.desk.registry import CONTEXTS
from refurb.devices.words import ACTIONS, REFUSALS, STATUSES, TRIAGES, WAITS
from refurb.matching.words import PURPOSES

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
    "counted-lost": _l("Notée perdue"),
    "counted-left": _l("Notée partie"),
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


def refusal(code: str) -> str:
    """Return the sentence of a refusal, whoever refused."""
    if code in _REFUSALS or code in REFUSALS:
        return str(_REFUSALS.get(code) or REFUSALS[code])
    if code in set(WhyNot):
        return why_not(_)[WhyNot(code)]
    return str(_("Refusé (%(code)s).", code=code))


def sentence(scan: Scan) -> str:
    """Return what happened, or why nothing did."""
    detail: dict[str, Any] = scan.detail or {}
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
    Doer.COUNTER: lambda action: _("À faire au point de remise : %(action)s.", action=action),
}


def coming(detail: Mapping[str, Any]) -> str:
    """Return what comes next for a machine, from what `machines.opened` told."""
    if detail.get("purpose"):
        return f"{PURPOSES[Purpose(detail['purpose'])]}."
    if detail.get("who") and detail["next"] == Action.RESERVE.value:
        return str(_("La coordination la met de côté."))
    if detail.get("who"):
        return _FOR_OTHERS[Doer(detail["who"])](lower(ACTIONS[Action(detail["next"])]))
    if detail.get("next"):
        return str(_("À faire : %(action)s.", action=lower(ACTIONS[Action(detail["next"])])))
    return str(WAITS[detail["waits"]]) if detail.get("waits") else _("Rien à faire pour l'instant.")


def _command_set(detail: dict[str, Any], scan: Scan) -> str:
    key = detail["command"]
    if key == Deed.OPEN.value:
        return str(_("Les machines scannées s'ouvrent, sans rien changer."))
    return str(_("Pour chaque machine scannée : %(action)s.", action=lower(COMMAND_WORDS[key])))


def _moved(detail: dict[str, Any], scan: Scan) -> str:
    before, after = STATUSES[detail["before"]], STATUSES[detail["after"]]
    return str(_("%(before)s → %(after)s", before=before, after=after))


def _already(detail: dict[str, Any], scan: Scan) -> str:
    return str(_("C'était déjà fait. Son état : %(status)s.", status=lower(STATUSES[detail["status"]])))


def _triaged_otherwise(detail: dict[str, Any], scan: Scan) -> str:
    if not detail.get("outcome"):
        return str(_("Elle est déjà triée. Ouvrez-la pour dire autre chose."))
    outcome = TRIAGES[TriageOutcome(detail["outcome"])]
    return str(_("Elle est déjà triée « %(outcome)s ». Ouvrez-la pour dire autre chose.", outcome=lower(outcome)))


_SENTENCES: dict[str, Callable[[dict[str, Any], Scan], str]] = {
    "opened": lambda d, s: coming(d),
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
    "unknown-text": lambda d, s: _("Aucune machine n'est connue sous « %(text)s ».", text=cut(d["text"])),
    "undone": lambda d, s: _("Le dernier geste est annulé."),
    "gun-works": lambda d, s: _("Le scanner fonctionne : c'était le code d'essai."),
    "to-confirm": lambda d, s: _(
        "%(action)s : confirmez une fois pour toute la pile.", action=COMMAND_WORDS[d["command"]]
    ),
    "asked": lambda d, s: _("Elle attend déjà votre confirmation : une fois suffit."),
    "badge-pin": lambda d, s: _("Tapez votre code pour scanner à votre nom."),
    "badge-taken": lambda d, s: _("%(name)s a pris le poste avec ce badge.", name=d["name"]),
    "badge-same": lambda d, s: _("C'est déjà vous qui scannez."),
    "unknown-badge": lambda d, s: _("Ce badge n'existe pas ici, ou ne compte plus."),
}


def lower(words: Any) -> str:
    """Return words as they stand inside a sentence."""
    text = str(words)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
