"""The giver's page: the link that follows a gift without an account, and the account of a giver who has one."""

from __future__ import annotations

import re

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from refurb.core.documents import DocumentKind
from refurb.core.identity import CodeKind, display, kind_of
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.core.serials import normalise_siret
from refurb.db import get_session
from refurb.documents import pages as papers
from refurb.documents import queries as documents
from refurb.documents.models import Document
from refurb.donations import links, pages, queries, sentences, wipe_certificates
from refurb.donations.forms import FindForm, ForwardForm
from refurb.donations.models import LineState, Lot, LotLine, LotLink
from refurb.donations.pages import bp
from refurb.security import actor, public, requires
from refurb.sheets import Cell, write_csv
from refurb.web import local_date, now, page_number, paginate
from refurb.workshop import letters, locks

WHY = "who holds the link follows the gift, and nothing else"
PER_PAGE = 200
#: Papers that a giver may have; what concerns households is issued about other things than a lot.
FOR_GIVERS = frozenset(
    {
        DocumentKind.PICKUP_SLIP,
        DocumentKind.RECEIPT_SLIP,
        DocumentKind.INTAKE_CERTIFICATE,
        DocumentKind.DONATION_AGREEMENT,
        DocumentKind.TRANSFER_CERTIFICATE,
        DocumentKind.WIPE_CERTIFICATE,
        DocumentKind.REUSE_STATEMENT,
    }
)


@bp.get("/gift/<token>")
@public(WHY)
def follow(token: str) -> ResponseReturnValue:
    """Show where a gift stands: every line, every machine and what became of it, in the giver's own numbers."""
    session = get_session()
    link = _link(session, token)
    return _followed(session, link.lot, token=token, forward=ForwardForm(formdata=None))


@bp.get("/gift/<token>.csv")
@public(WHY)
def follow_csv(token: str) -> ResponseReturnValue:
    """Give the same as a table."""
    session = get_session()
    return _csv(session, _link(session, token).lot)


@bp.get("/gift/<token>/documents/<code>.pdf")
@public(WHY)
def follow_document(token: str, code: str) -> ResponseReturnValue:
    """Give a paper of this gift."""
    session = get_session()
    lot = _link(session, token).lot
    document = next((d for d in _documents(session, lot) if d.code == code), None) or abort(404)
    return papers.answer(document)


@bp.post("/gift/<token>/forward")
@public(WHY)
def forward(token: str) -> ResponseReturnValue:
    """Send a link of its own to somebody else: the colleague who takes over."""
    session = get_session()
    link = _link(session, token)
    form = ForwardForm()
    if not form.validate():
        return _followed(session, link.lot, token=token, forward=form), 422
    if not pages.allowed(session, "gift-forward", limit=10, window=pages.DAY, who=str(link.lot_id)):
        form.email.errors = [_("Ce suivi a déjà été transmis dix fois aujourd'hui. Recommencez demain.")]
        return _followed(session, link.lot, token=token, forward=form), 429
    _fresh, other = links.create(session, link.lot, origin="forwarded", by=actor(), at=now())
    pages.mail(
        str(form.email.data),
        pages.in_language(link.lot, _l("Suivi du don %(code)s", code=display(link.lot.code))),
        "gift_forwarded",
        {"code": display(link.lot.code), "name": link.lot.supplier_name, "link": pages.follow_address(other)},
        session=session,
        language=link.lot.language,
    )
    session.commit()
    flash(_("Un lien vient d'être envoyé à %(address)s.", address=str(form.email.data)), "done")
    return redirect(url_for(".follow", token=token), 303)


@bp.post("/gift/<token>/renew")
@public(WHY)
def renew(token: str) -> ResponseReturnValue:
    """Change the address of this page; the old one opens nothing any more."""
    session = get_session()
    _fresh, other = links.renew(session, _link(session, token), by=actor(), at=now())
    session.commit()
    flash(_("Voici votre nouvelle adresse de suivi : gardez celle de cette page. L'ancienne ne s'ouvre plus."), "done")
    return redirect(url_for(".follow", token=other), 303)


@bp.post("/gift/<token>/revoke")
@public(WHY)
def revoke(token: str) -> ResponseReturnValue:
    """Close this link, or every other one."""
    session = get_session()
    link = _link(session, token)
    others = request.form.get("which") == "others"
    live = links.live(session, link.lot_id, at=now())
    links.revoke(session, [one for one in live if (one.id != link.id) == others], by=actor(), at=now())
    session.commit()
    if others:
        flash(_("Les autres liens de ce don sont fermés."), "done")
        return redirect(url_for(".follow", token=token), 303)
    return render_template("donations/link_closed.html")


@bp.route("/give/find", methods=["GET", "POST"])
@public("a link lost is sent again, to the addresses already known")
def find_link() -> ResponseReturnValue:
    """Send a new link by SIRET and reference. The same answer whatever, so that it says nothing of who gave."""
    form = FindForm()
    session = get_session()
    if not form.validate_on_submit():
        return render_template("donations/find_link.html", form=form), 422 if form.errors else 200
    if not pages.allowed(session, "gift-find", limit=10, window=pages.HOUR):
        form.form_errors.append(_("Trop d'essais. Attendez une heure."))
        return render_template("donations/find_link.html", form=form), 429
    code = read_code(str(form.code.data)).code
    siret = normalise_siret(str(form.siret.data))
    lot = queries.by_siret_and_code(session, siret, code) if code and kind_of(code) is CodeKind.LOT else None
    if lot is not None and pages.allowed(session, "gift-find-lot", limit=3, window=pages.DAY, who=str(lot.id)):
        for address in links.addresses(session, lot):
            _one, token = links.create(session, lot, origin="found", by=actor(), at=now())
            pages.mail(
                address,
                pages.in_language(lot, _l("Suivi du don %(code)s", code=display(lot.code))),
                "gift_found",
                {"code": display(lot.code), "name": lot.supplier_name, "link": pages.follow_address(token)},
                session=session,
                language=lot.language,
            )
        session.commit()
    return render_template("donations/find_link_sent.html")


# -- with an account ----------------------------------------------------------------------------------------------


@bp.get("/donations/mine")
@requires(Permission.LOT_FOLLOW)
def mine() -> ResponseReturnValue:
    """List the gifts of my organisation."""
    session, organisation = get_session(), actor().organisation_id
    page = paginate(session, queries.given_by(organisation or 0), page_number())
    return render_template(
        "donations/mine.html", page=page, totals=queries.totals(session, [lot.id for lot in page.items])
    )


@bp.get("/donations/mine/<code>")
@requires(Permission.LOT_FOLLOW)
def my_gift(code: str) -> ResponseReturnValue:
    """Follow one of them, as the link does."""
    session = get_session()
    return _followed(session, _mine(session, code), token=None, forward=None)


@bp.get("/donations/mine/<code>.csv")
@requires(Permission.LOT_FOLLOW)
def my_gift_csv(code: str) -> ResponseReturnValue:
    """Give the same as a table."""
    session = get_session()
    return _csv(session, _mine(session, code))


def _mine(session: Session, code: str) -> Lot:
    lot = queries.by_code(session, code, seen_by=actor())
    if lot is None or lot.supplier_id != actor().organisation_id:
        abort(404)
    return lot


# -- what both show -----------------------------------------------------------------------------------------------


def _link(session: Session, token: str) -> LotLink:
    link = links.by_token(session, token, at=now()) if re.fullmatch(r"[\w-]{20,60}", token) else None
    if link is None:
        abort(404)
    return link


def _documents(session: Session, lot: Lot) -> list[Document]:
    given = [d for d in documents.of_subject(session, "lot", lot.id) if DocumentKind(d.kind) in FOR_GIVERS]
    return given + wipe_certificates.of_lot(session, lot.id)


def _followed(session: Session, lot: Lot, *, token: str | None, forward: ForwardForm | None) -> str:
    page = paginate(session, queries.lines(lot.id), page_number(), per_page=PER_PAGE)
    fates: dict[str, int] = {}
    for status, count in queries.statuses(session, lot.id):
        fate = sentences.fate_of(status)
        fates[fate] = fates.get(fate, 0) + count
    return render_template(
        "donations/follow.html",
        lot=lot,
        token=token,
        forward=forward,
        page=page,
        rows=queries.followed(session, page.items),
        totals=queries.totals(session, [lot.id])[lot.id],
        fates=fates,
        documents=_documents(session, lot),
        locked=(held := locks.locked(session, lot_id=lot.id)),
        lock_lines=[letters.line_of(machine) for machine in held],
        lock_steps=letters.steps_for(held),
        fate_of=sentences.fate_of,
        LineState=LineState,
    )


def _csv(session: Session, lot: Lot) -> Response:
    lines = session.scalars(queries.lines(lot.id)).all()
    header = [
        _("N° d'inventaire"), _("Matériel"), _("Marque"), _("Modèle"), _("Numéro de série"), _("Quantité"), _("État"),
        _("Raison"), _("Code"), _("Devenir"), _("Mois"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for start in range(0, len(lines), 900):
        for followed in queries.followed(session, lines[start : start + 900]):
            rows.extend(_csv_rows(followed.line, followed))
    answer = Response(write_csv(header, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{lot.code}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _csv_rows(line: LotLine, followed: queries.Followed) -> list[list[Cell]]:
    state = str(sentences.LINE_STATES[line.state])
    reason = str(sentences.REFUSALS.get(line.refusal, "")) if line.refusal else ""
    first: list[Cell] = [
        line.inventory_number, sentences.thing(line.form, line.kind), line.maker, line.model, line.serial,
    ]  # fmt: skip
    if not followed.devices:
        return [[*first, line.quantity, state, reason, None, None, None]]
    return [
        [
            *first, 1, state, reason, display(device.code), str(sentences.FATES[sentences.fate_of(device.status)]),
            local_date(device.status_since, "MM/yyyy"),
        ]
        for device in followed.devices
    ]  # fmt: skip
