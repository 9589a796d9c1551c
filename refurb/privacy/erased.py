"""The sheet that stands in the place of a paper whose content was erased."""

import io
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from reportlab.pdfgen import canvas

from refurb.web import local_date


def erased_paper(number: str, language: str, at: datetime) -> bytes:
    """Return a one-page PDF that says which paper stood here and when it was erased."""
    with force_locale(language):
        lines = [
            _("Document %(number)s", number=number),
            _("Son contenu a été effacé le %(date)s.", date=local_date(at)),
            _("Son numéro ne resservira pas."),
        ]
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=(595, 842), invariant=1)
    page.setTitle(lines[0])
    for row, line in enumerate(lines):
        page.setFont("Helvetica-Bold" if row == 0 else "Helvetica", 16 if row == 0 else 12)
        page.drawString(72, 740 - 26 * row, line)
    page.showPage()
    page.save()
    return stream.getvalue()
