"""Reports in words: what was read, what is doubted, what a wipe is worth, what would make a machine serve more."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.grading import Missing, nearest
from refurb.core.needs import Profile
from refurb.devices.report_matching import Doubt
from refurb.needs.words import PROFILES

Words = dict[Any, Any]

FORMATS: Words = {
    "lshw": "lshw",
    "smartctl": "smartctl",
    "nwipe": "nwipe",
    "fusioninventory": "FusionInventory",
    "ocs": "OCS Inventory",
    "glpi": "GLPI",
    "workbench": "eReuse Workbench",
    "refurb": "Refurb",
    "unreadable": _l("Illisible"),
}

DOUBTS: Words = {
    Doubt.WHICH_DEVICE: _l("On ne sait pas de quelle machine il parle : scannez son étiquette."),
    Doubt.OTHER_SERIAL: _l("Le numéro de série du relevé n'est pas celui de la machine scannée."),
    Doubt.SEVERAL_DEVICES: _l("Ses disques sont connus dans plusieurs machines."),
    Doubt.MEDIA_OF_ANOTHER: _l("Son disque est celui de cette machine, mais son numéro de série en est un autre."),
    Doubt.OTHER_MAKER: _l("Le numéro de série est celui de cette machine, mais pas le fabricant."),
    Doubt.SERIAL_TAKEN: _l("Le numéro de série du relevé est déjà celui d'une autre machine."),
    Doubt.SAME_BOARD: _l("Sa carte mère est connue dans cette machine, mais rien d'autre ne le confirme."),
    Doubt.BOARD_OF_ANOTHER: _l("Sa carte mère est celle de cette machine, mais son numéro de série en est un autre."),
    Doubt.WHICH_MEDIUM: _l("On ne sait pas quel disque de la machine a été effacé."),
}

UNREADABLE: Words = {
    "empty": _l("Le fichier est vide : refaites le relevé."),
    "too-large": _l("Le fichier est trop gros pour un relevé."),
    "broken-compression": _l("La compression du fichier est abîmée : copiez-le de nouveau."),
    "truncated": _l("Le fichier est coupé avant la fin : copiez-le de nouveau."),
    "unknown-format": _l("Aucun outil que Refurb connaît n'écrit ainsi. Le fichier est gardé et sera relu plus tard."),
    "unexpected-shape": _l("Le contenu n'a pas la forme attendue. Le fichier est gardé et sera relu plus tard."),
    "no-drive": _l("Le journal ne parle d'aucun disque."),
    "newer-schema": _l("La clé est plus récente que Refurb. Le fichier est gardé et sera relu plus tard."),
}

#: Reasons of a wipe and warnings of a reading: the word before the colon is the code, what follows is a detail.
REASONS: Words = {
    "hidden-area": _l("Une zone cachée du disque n'a pas été effacée."),
    "hidden-area-not-checked": _l("Les zones cachées du disque n'ont pas été vérifiées."),
    "not-verified": _l("L'effacement n'a pas été vérifié."),
    "verify-unknown": _l("Le journal ne dit pas si l'effacement a été vérifié."),
    "verified-only": _l("Le disque a été vérifié, sans être effacé."),
    "bytes-not-reached": _l("Une partie du disque n'a pas été atteinte."),
    "log-incomplete": _l("Le journal ne montre pas tout l'effacement."),
    "summary-only": _l("Seul le tableau final de l'outil est là."),
    "no-summary": _l("Le tableau final de l'outil manque."),
    "warning": _l("L'outil a averti : %(detail)s"),
    "failed": _l("L'outil annonce un échec."),
    "status": _l("L'outil conclut par un mot inconnu : %(detail)s"),
    "aborted": _l("L'effacement a été interrompu."),
    "not-finished": _l("L'effacement n'est pas allé au bout."),
    "not-all-bytes-written": _l("Tout le disque n'a pas été écrit."),
    "errors": _l("L'outil a compté des erreurs : %(detail)s"),
    "error-in-log": _l("Le journal contient une erreur : %(detail)s"),
    "virtual-machine": _l("C'est une machine virtuelle."),
    "serial-placeholder": _l("Le numéro de série n'en est pas un : %(detail)s"),
    "serials-hidden": _l("L'outil a masqué les numéros de série."),
    "usb-disk-ignored": _l("Un support USB branché n'a pas été compté : %(detail)s"),
    "disk-not-read": _l("L'outil n'a pas pu lire ce disque : %(detail)s"),
    "old-errors-logged": _l("Le disque garde la trace d'anciennes erreurs."),
    "erase-not-read": _l("L'effacement joint n'a pas été compris : apportez son journal."),
    "no-wipe-started": _l("Aucun effacement n'a commencé."),
    "host": _l("Remarque sur le poste d'effacement : %(detail)s"),
    "smart-failed": _l("Le disque annonce sa panne."),
    "attribute-failing": _l("Une mesure du disque est mauvaise : %(detail)s"),
    "attribute-failed-before": _l("Une mesure du disque a été mauvaise : %(detail)s"),
    "reallocated-sectors": _l("Secteurs remplacés : %(detail)s"),
    "uncorrectable-errors": _l("Erreurs non corrigées : %(detail)s"),
    "pending-sectors": _l("Secteurs douteux : %(detail)s"),
    "unreadable-sectors": _l("Secteurs illisibles : %(detail)s"),
    "grown-defects": _l("Défauts apparus : %(detail)s"),
    "self-test-failed": _l("Le dernier autotest du disque a échoué."),
    "spare-exhausted": _l("La réserve du SSD est épuisée."),
    "reliability-degraded": _l("Le SSD se dit peu fiable."),
    "read-only": _l("Le SSD ne s'écrit plus."),
    "backup-failed": _l("La mémoire de secours du SSD est en panne."),
    "temperature": _l("Le SSD a trop chauffé."),
    "firmware-lock": _l("Le BIOS est verrouillé : %(detail)s"),
    "test-failed": _l("Un essai n'est pas bon : %(detail)s"),
    "command-absent": _l("Cet outil n'était pas sur la clé : %(detail)s"),
    "command-refused": _l("Cet outil a été refusé, faute de droits : %(detail)s"),
    "command-failed": _l("Cet outil n'a pas abouti : %(detail)s"),
    "command-timeout": _l("Cet outil n'a pas répondu à temps : %(detail)s"),
    "no-log": _l("L'outil n'a laissé aucun journal."),
    "log-not-read": _l("Le journal de l'outil n'a pas été compris."),
    "data-still-there": _l("Des données sont encore lisibles sur le disque."),
    "hidden-area-present": _l("Une zone cachée du disque n'a pas été effacée."),
    "overwrite-on-solid-state": _l("Un SSD a été réécrit : ses cellules de réserve n'ont pas été atteintes."),
    "encryption-unknown": _l("On ne sait pas si l'appareil était chiffré avant sa remise à zéro."),
    "worn": _l("Usure du SSD : %(detail)s"),
    "media-errors": _l("Erreurs du SSD : %(detail)s"),
}

HEALTH: Words = {"ok": _l("bon"), "warning": _l("à surveiller"), "failed": _l("en panne")}
HIDDEN_AREAS: Words = {
    "none": _l("aucune"),
    "reset": _l("retirée avant l'effacement"),
    "present": _l("présente"),
    "not_applicable": _l("sans objet"),
    "not_checked": _l("non vérifiée"),
}


def reason(code: str) -> str:
    """Return the sentence of a reason or a warning, with the disk it is about before it ("/dev/sda : …").

    Readers name the disk as their tool does: by its device, or by its model.
    """
    parts = code.split(": ")
    for index, name in enumerate(parts):
        if name in REASONS:
            where = "".join(f"{part} : " for part in parts[:index])
            return where + str(REASONS[name]) % {"detail": ": ".join(parts[index + 1 :])}
    return code


def in_short(reading: Mapping[str, Any] | None) -> str:
    """Return what was read of a machine or of its disks in one line; empty where there is nothing to tell."""
    told = reading or {}
    said = [" ".join(filter(None, (told.get("manufacturer"), told.get("model"))))]
    if told.get("cpu"):
        said.append(str(told["cpu"]["model"]))
    if told.get("ram_gb"):
        said.append(str(_("%(size)s Go de mémoire", size=told["ram_gb"])))
    if count := len(told.get("wipes") or ()):
        said.append(str(ngettext("%(num)d effacement", "%(num)d effacements", count)))
    elif count := len(told.get("media") or ()):
        said.append(str(ngettext("%(num)d disque", "%(num)d disques", count)))
    return ", ".join(filter(None, said))


def next_step(missing: Sequence[Mapping[str, Any]] | None) -> str | None:
    """Return what would make the machine serve one profile more: "+4 Go de mémoire, et il servirait P2"."""
    lacks = nearest([Missing(row["profile"], row["criterion"], row["have"], row["need"]) for row in missing or ()])
    if not lacks:
        return None
    what = ", ".join(map(lack_words, lacks))
    what = what[:1].upper() + what[1:]
    return str(_("%(what)s, et elle servirait au profil %(profile)s.", what=what, profile=profile(lacks[0].profile)))


def profile(code: str) -> str:
    """Return a profile by its code and what it is for: "P2 (PC pour collège-lycée)"."""
    return f"{code} ({PROFILES[Profile(code)]})"


def lack_words(lack: Missing) -> str:
    """Return what to add or to test for one criterion."""
    have, need = lack.have, lack.need
    known = isinstance(have, int | float) and not isinstance(have, bool)
    match lack.criterion:
        case "ram_gb" if isinstance(have, int | float) and isinstance(need, int | float):
            return str(_("+%(size)s Go de mémoire", size=f"{need - have:g}"))
        case "ram_gb":
            return str(_("la mémoire à relever"))
        case "storage_gb":
            return str(_("un SSD de %(size)s Go", size=need) if known else _("le disque à relever"))
        case "battery_pct":
            return str(_("une batterie à %(level)s %% au moins", level=need) if known else _("la batterie à tester"))
        case "webcam":
            return str(_("une webcam") if have is False else _("la webcam à tester"))
        case "screen_in":
            return str(_("un écran de %(size)s pouces", size=need))
        case "class":
            return str(_("un processeur de classe %(level)s", level=need))
        case _:
            return str(_("une autre forme de machine"))
