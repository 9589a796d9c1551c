"""The paper of a stocktake: its figures and its lists, set by typst and tagged like our other papers."""

import json
from importlib import resources
from pathlib import Path

import typst
from flask_babel import get_locale
from flask_babel import gettext as _

from refurb.core.identity import display
from refurb.desk.models import Stocktake
from refurb.desk.stocktake_queries import Counted, Line
from refurb.devices.words import STATUSES
from refurb.web import number


def render(stocktake: Stocktake, counted: Counted, organisation: str, closed: str) -> bytes:
    """Return the PDF of a count that is over; the same count gives the same bytes."""
    assert stocktake.closed_at is not None
    strangers = _("Pas de ce don") if stocktake.lot_id else _("Inattendues")
    data = {
        "language": str(get_locale() or "fr"),
        "title": _("Inventaire : %(title)s", title=stocktake.title),
        "lead": _("%(organisation)s, terminé le %(moment)s", organisation=organisation, moment=closed),
        "figures": [
            [_("Attendues"), number(counted.expected)],
            [_("Trouvées"), number(len(counted.found))],
            [_("Manquantes"), number(len(counted.missing))],
            [strangers, number(len(counted.unexpected))],
            [_("Notées ailleurs"), number(len(counted.elsewhere))],
        ],
        "header": [_("Code"), _("Machine"), _("Notée")],
        "none": _("Aucune."),
        "groups": [
            [_("Manquantes"), [_row(line) for line in counted.missing]],
            [strangers, [_row(line) for line in counted.unexpected]],
            [_("Notées ailleurs"), [_row(line) for line in counted.elsewhere]],
            [_("Trouvées"), [_row(line) for line in counted.found]],
        ],
        "texts_title": _("Lus, et connus d'aucune machine"),
        "texts": [text for _id, text in counted.texts],
        "signature": _("Date et signature"),
    }
    here = Path(str(resources.files("refurb.desk")))
    return bytes(
        typst.compile(
            here / "stocktake.typ",
            root=here,
            font_paths=[Path(str(resources.files("refurb.documents"))) / "fonts"],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"payload": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=int(stocktake.closed_at.timestamp()),
        )
    )


def _row(line: Line) -> list[str]:
    noted = str(STATUSES[line.noted]) if line.noted else ""
    return [display(line.code), line.machine, ", ".join(filter(None, (noted, line.where)))]
