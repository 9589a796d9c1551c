"""The sheet that stands in the place of a paper whose content was erased."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from refurb.canvas import Canvas, draw
from refurb.web import local_date


def erased_paper(number: str, language: str, at: datetime) -> bytes:
    """Return a one-page PDF that says which paper stood here and when it was erased."""
    with force_locale(language):
        lines = [
            _("Document %(number)s", number=number),
            _("Son contenu a été effacé le %(date)s.", date=local_date(at)),
            _("Son numéro ne resservira pas."),
        ]

    def paint(page: Canvas) -> None:
        page.setTitle(lines[0])
        for row, line in enumerate(lines):
            page.setFont("Helvetica-Bold" if row == 0 else "Helvetica", 16 if row == 0 else 12)
            page.drawString(72, 740 - 26 * row, line)

    return draw(paint, (595, 842), invariant=1)
