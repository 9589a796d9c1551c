"""The list that goes with the public form: sent, seen line by line before anything is kept for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from refurb.db import get_session
from refurb.donations import drafts, lists, pages, queries, sentences
from refurb.donations.forms import FileForm
from refurb.donations.give import PER_PAGE, STEPS, WHY, draft_of, next_url, step_names
from refurb.donations.lines import ListLine, Outcome
from refurb.donations.models import DonationDraft
from refurb.donations.pages import bp
from refurb.security import csrf, public
from refurb.sheets import SheetRefused, read
from refurb.web import now, page_number, today


@bp.route("/give/<token>/file", methods=["GET", "POST"])
@public(WHY)
def file(token: str) -> ResponseReturnValue:
    """Send a list, and see it line by line before anything is kept for good."""
    session = get_session()
    draft = draft_of(session, token)
    if request.method == "GET":
        return _file_page(FileForm(), draft, token)
    try:
        form = FileForm()
        upload = form.file.data
    except RequestEntityTooLarge:
        return _file_refused(None, draft, token, "too-big")
    if not isinstance(upload, FileStorage) or not upload.filename:
        return _file_refused(form, draft, token, "missing")
    if not pages.allowed(session, "give-file", limit=20, window=pages.QUARTER):
        return _file_refused(form, draft, token, "too-often")
    content = upload.read()
    upload.close()
    try:
        reading = lists.read_list(read(content), today=today(), known=lambda keys: queries.known_serials(session, keys))
    except SheetRefused as refusal:
        return _file_refused(form, draft, token, refusal.code)
    if not reading.lines:
        return _file_refused(form, draft, token, "no-lines")
    draft = draft_of(session, token)
    drafts.keep_list(session, draft, reading, name=_file_name(upload.filename), at=now())
    session.commit()
    return redirect(url_for(".preview", token=token), 303)


# The form carries a secret address, and Flask reads the body to find the form's own token: a file too heavy would be
# refused before this page could say so and keep what was typed.
csrf.exempt(file)


@bp.route("/give/<token>/preview", methods=["GET", "POST"])
@public(WHY)
def preview(token: str) -> ResponseReturnValue:
    """The file line by line: what is kept, mended or left out, and why; ticks decide."""
    session = get_session()
    draft = draft_of(session, token)
    if draft.file_sha256 is None:
        return redirect(url_for(".file", token=token), 303)
    lines = drafts.list_lines(session, draft)
    if request.method == "POST":
        if request.form.get("do") == "forget":
            drafts.forget_list(session, draft, at=now())
            session.commit()
            flash(_("Le fichier est retiré."), "done")
            return redirect(url_for(".what", token=token), 303)
        drafts.decide(draft, lines, _numbers("shown"), set(_numbers("given")), at=now())
        session.commit()
        if asked := _numbers("go"):
            return redirect(url_for(".preview", token=token, **_where_in_list(asked[0])), 303)
        return redirect(next_url(draft, token, "what"), 303)
    return _preview_page(draft, token, lines)


def _file_page(form: FileForm | None, draft: DonationDraft, token: str, problem: str | None = None) -> str:
    form = form or FileForm(formdata=None)
    if problem:
        form.file.errors = [problem]
    return render_template(
        "donations/give_file.html", form=form, token=token, draft=draft, names=step_names(), step=2,
        urls=[url_for(f".{name}", token=token) for name in STEPS],
        typed=len(draft.data.get("what", {}).get("lines", [])),
    )  # fmt: skip


def _file_refused(form: FileForm | None, draft: DonationDraft, token: str, code: str) -> ResponseReturnValue:
    return _file_page(form, draft, token, str(sentences.FILE_REFUSALS[code])), 429 if code == "too-often" else 422


FILTERS = ("all", "mended", "refused", "doubt")


def _preview_page(draft: DonationDraft, token: str, lines: Sequence[ListLine]) -> str:
    show = request.args.get("show", "all")
    show = show if show in FILTERS else "all"
    told = draft.data.get("file", {})
    rows = [(index, line) for index, line in enumerate(lines) if _shown(line, show)]
    number = min(page_number(), max(1, -(-len(rows) // PER_PAGE)))
    page = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    counts = {
        "all": len(lines),
        "mended": sum(line.outcome is Outcome.MENDED for line in lines),
        "refused": sum(line.outcome is Outcome.REFUSED for line in lines),
        "doubt": sum(bool(line.doubts) for line in lines),
    }
    given = [drafts.is_given(index, line, told) for index, line in enumerate(lines)]
    return render_template(
        "donations/give_preview.html",
        token=token,
        draft=draft,
        file=told,
        rows=[(index, line, given[index]) for index, line in page],
        counts=counts,
        show=show,
        number=number,
        last=max(1, -(-len(rows) // PER_PAGE)),
        given=sum(given),
        machines=sum(line.quantity for index, line in enumerate(lines) if given[index]),
        many_sheets=len(told.get("sheets", [])) > 1,
        can_overrule=drafts.can_overrule,
        Outcome=Outcome,
        names=step_names(),
        step=2,
        urls=[url_for(f".{name}", token=token) for name in STEPS],
    )


def _shown(line: ListLine, show: str) -> bool:
    if show == "doubt":
        return bool(line.doubts)
    return show == "all" or line.outcome.value == show


def _where_in_list(number: int) -> dict[str, Any]:
    return {"page": number, "show": request.form.get("show", "all")}


def _file_name(name: str) -> str:
    """Return the last part of a file's name, without what a path or a control character would do."""
    return "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())[:200] or "liste"


def _numbers(name: str) -> list[int]:
    return [int(value) for value in request.form.getlist(name) if value.isdecimal() and len(value) < 8]
