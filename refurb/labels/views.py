"""Print labels: which, on what, from where on the sheet, and what they will look like."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.identity import read
from refurb.core.permissions import Permission
from refurb.db import Session, get_session
from refurb.desk import queries as desk_queries
from refurb.desk.readings import sentences as why_not
from refurb.devices.labelling import mark_all_labelled
from refurb.labels import queries, services
from refurb.labels.drawing import DPI, Label, LabelRefused
from refurb.labels.layouts import L7160, LAYOUTS
from refurb.labels.sentences import sentences
from refurb.labels.sheets import pdf
from refurb.labels.svg import preview
from refurb.labels.words import words_of
from refurb.labels.zpl import zpl
from refurb.security import actor, requires
from refurb.web import now, page_number, paginate

bp = Blueprint("labels", __name__, url_prefix="/labels")

#: What an address carries safely: gunicorn takes 4,094 characters, and a code is 17 of them.
MOST_IN_ADDRESS = 150
#: Dots an inch of the printers that labels come from.
FINENESS = {
    DPI: _l("203 ppp, thermique"),
    300: _l("300 ppp, thermique fine"),
    600: _l("600 ppp, de bureau"),
}


@bp.get("/")
@requires(Permission.LABEL_PRINT)
def index() -> ResponseReturnValue:
    """The machines whose label was never printed."""
    session = get_session()
    page = paginate(session, queries.to_be_labelled(actor()), page_number())
    return render_template("labels/index.html", page=page, layouts=_layouts(), most=services.MOST)


@bp.route("/prepare", methods=["GET", "POST"])
@requires(Permission.LABEL_PRINT)
def prepare() -> ResponseReturnValue:
    """Choose the start on a drawn sheet, and see the first label as it will be.

    Nothing is written: more codes than an address may carry come as a form.
    """
    _only_reading()
    if asked := request.values.get("blank", ""):
        try:
            return _prepared([], [], blank=_count(asked))
        except LabelRefused as refused:
            return _prepared([], [_refusal(refused)])
    codes, wrong = _codes()
    return _prepared(codes, wrong)


@bp.post("/print")
@requires(Permission.LABEL_PRINT)
def print_sheet() -> ResponseReturnValue:
    """Return the sheet, and note on each machine that its label was printed.

    It is drawn before the transaction that notes it: what cannot be drawn notes nothing, and on SQLite, which has one
    writer, nobody's scan waits for a drawing.
    """
    session = _only_reading()
    codes, wrong = _codes()
    if wrong:
        return _prepared(codes, wrong)
    try:
        labels, devices = services.labels_of(session, codes, _words(), seen_by=actor())
        session.commit()
        answer = _file(labels)
    except LabelRefused as refused:
        return _prepared(codes, [_refusal(refused)])
    session.read_only = False
    mark_all_labelled(session, devices, layout=_layout_name(), by=actor(), at=now())
    session.commit()
    return answer


@bp.post("/blank")
@requires(Permission.LABEL_PRINT)
def blank() -> ResponseReturnValue:
    """Return a sheet of labels for machines to come; each is linked at its first scan.

    A sample is drawn first: where it is not refused, neither are the others, and the codes are taken and let go of
    before these are drawn.
    """
    session = get_session()
    session.commit()
    try:
        count = _count(request.form.get("count", ""))
        _file([services.sample(_words())])
    except LabelRefused as refused:
        flash(_refusal(refused), "refused")
        return redirect(url_for(".index"), 303)
    labels = services.blank(session, count, _words())
    session.commit()
    return _file(labels)


def _only_reading() -> Session:
    """Return the session, which opens no transaction that may write until it is told to."""
    session = get_session()
    session.commit()
    session.read_only = True
    return session


def _count(text: str) -> int:
    """Return how many blank labels are asked for; raises LabelRefused."""
    if not text.isdecimal() or len(text) > 5 or int(text) == 0:
        raise LabelRefused("nothing-to-print")
    if int(text) > services.MOST:
        raise LabelRefused("too-many", str(services.MOST))
    return int(text)


def _prepared(codes: Sequence[str], wrong: Sequence[str], *, blank: int = 0) -> ResponseReturnValue:
    """Show the sheet with the labels of `codes`, or with `blank` ones, whose codes are only drawn when they print."""
    session = get_session()
    shown, problems = None, list(wrong)
    labels: list[Label] = []
    printed: dict[str, int] = {}
    if codes or blank:
        try:
            if blank:
                labels = [services.sample(_words())] * blank
            else:
                labels, devices = services.labels_of(session, codes, _words(), seen_by=actor())
                printed = queries.times_printed(session, devices)
            shown = preview(labels[0], LAYOUTS[_layout_name()], _fineness())
        except LabelRefused as refused:
            problems.append(_refusal(refused))
    elif not problems and request.values:
        problems.append(sentences(_)["nothing-to-print"])
    problems = list(dict.fromkeys(problems))
    layout = LAYOUTS[_layout_name()]
    return (
        render_template(
            "labels/prepare.html",
            codes=codes,
            too_long=len(codes) > MOST_IN_ADDRESS,
            blank=blank,
            labels=labels,
            preview=shown,
            problems=problems,
            printed=printed,
            layout=layout,
            layouts=_layouts(),
            dpi=_fineness(),
            fineness=list(FINENESS.items()),
            start=min(_start(), layout.per_page),
            cells=[layout.place(position) for position in range(layout.per_page)],
        ),
        422 if problems else 200,
    )


def _codes() -> tuple[list[str], list[str]]:
    """Return the codes asked for, each once, in their order, and a sentence for each text that is none."""
    codes, wrong = [], []
    pile = request.values.get("pile", "")
    if pile.isdecimal() and len(pile) < 19:
        found = desk_queries.pile_by_id(get_session(), int(pile), seen_by=actor()) or abort(404)
        codes += [device.code for device in desk_queries.to_label(get_session(), found.id)]
    texts = request.values.getlist("code") + request.values.get("codes", "").splitlines()
    for text in filter(str.strip, texts):
        reading = read(text)
        codes += reading.codes
        if reading.why:
            wrong.append(f"{text.strip()[:60]} : {why_not(_)[reading.why]}")
    return list(dict.fromkeys(codes)), wrong


def _layout_name() -> str:
    name = request.values.get("layout", L7160.name)
    return name if name in LAYOUTS else abort(400)


def _start() -> int:
    text = request.values.get("start", "1")
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _words() -> services.Words:
    return words_of(current_app.extensions["refurb.settings"].public_url)


def _refusal(refused: LabelRefused) -> str:
    return sentences(_)[refused.code] % {"about": refused.about}


def _fineness() -> int:
    text = request.values.get("dpi", str(DPI))
    return int(text) if text in map(str, FINENESS) else abort(400)


def _layouts() -> list[tuple[str, str]]:
    """Return what can be printed on, as a value and its words."""
    names = {
        "L7160": _("Planche L7160 : 21 étiquettes de 63,5 × 38 mm"),
        "L7163": _("Planche L7163 : 14 étiquettes de 99 × 38 mm"),
        "L4731": _("Planche L4731 : 189 étiquettes de 25 × 10 mm, QR et texte seulement"),
    }
    return [(name, names.get(name) or _("Rouleau %(size)s mm", size=name.replace("x", " × "))) for name in LAYOUTS]


def _file(labels: Sequence[Label]) -> Response:
    """Return the labels as the file asked for; raises LabelRefused."""
    layout, dpi = _layout_name(), _fineness()
    if request.values.get("format") == "zpl":
        # Shown and not saved, a printer's commands would help nobody: the browser keeps the file.
        answer = make_response(zpl(labels, layout, dpi=dpi))
        answer.mimetype, kind, extension = "text/plain", "attachment", "zpl"
    else:
        answer = make_response(pdf(labels, layout, _start(), dpi=dpi))
        answer.mimetype, kind, extension = "application/pdf", "inline", "pdf"
    answer.headers["Content-Disposition"] = f'{kind}; filename="{_("etiquettes")}.{extension}"'
    return answer
