"""Organisations: the list, one of them, its places. The people and the stations are in `team`."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from wtforms import SelectChoice

from refurb.accounts.queries import invitations_of, members, stations_of
from refurb.core import trust as trust_rule
from refurb.core.permissions import OrganisationRole, Permission
from refurb.db import Session, get_session
from refurb.organisations import queries, recertification, request_views, services, team, trust_views
from refurb.organisations.forms import OrganisationForm, PlaceForm, WithCommune, folded_siret
from refurb.organisations.models import LegalType, Organisation, Place, PlaceKind, Suspension, Trust
from refurb.organisations.pages import WORDS, bp, manages, organisation_or_404, prepare_commune
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now, page_number, paginate

# These put their routes on the blueprint when they were imported.
__all__ = ["bp", "request_views", "team", "trust_views"]


@bp.get("")
@requires(Permission.ORGANISATION_MANAGE)
def index() -> ResponseReturnValue:
    """List them, narrowed by what they do, where and what they are called."""
    session = get_session()
    asked = request.args.get("role", "")
    role = OrganisationRole(asked) if asked in {r.value for r in OrganisationRole} else None
    query = queries.search(text=request.args.get("q", ""), role=role, epci=request.args.get("epci") or None)
    return render_template(
        "organisations/index.html",
        page=paginate(session, query, page_number()),
        epci=[(row.code, row.name) for row in territory.all_epci(session)],
        commune_name=lambda code: territory.commune_name(session, code),
        **WORDS,
    )


@bp.get("/<int:organisation_id>")
@requires(Permission.ORGANISATION_READ)
def show(organisation_id: int) -> ResponseReturnValue:
    """Show one: what everybody of the chain may know of it, and the rest to those who manage it."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    may_invite = manages(organisation_id, Permission.MEMBER_INVITE)
    may_tokens = _may_tokens(organisation_id)
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        commune=territory.commune_name(session, organisation.commune_code),
        perimeter=[territory.epci_name(session, code) for code in organisation.perimeter or []],
        places=queries.places_of(session, organisation_id),
        confirmed_until=trust_rule.ends_on(recertification.confirmed_on(organisation))
        if recertification.is_asked(organisation)
        else None,
        members=members(session, organisation_id) if may_invite else None,
        invitations=invitations_of(session, organisation_id, now=now()) if may_invite else [],
        stations=stations_of(session, organisation_id) if may_tokens else None,
        may_edit=manages(organisation_id, Permission.ORGANISATION_EDIT_OWN),
        may_place=manages(organisation_id, Permission.PLACE_EDIT),
        **WORDS,
    )


def _may_tokens(organisation_id: int) -> bool:
    who = actor()
    return who.can(Permission.TOKEN_MANAGE) and manages(organisation_id, Permission.TOKEN_MANAGE)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE)
def create() -> ResponseReturnValue:
    """Bring an organisation in."""
    session, form = get_session(), OrganisationForm()
    _prepare(session, form)
    if form.validate_on_submit() and _siret_is_free(session, form, None):
        organisation = services.create(
            session,
            roles=[OrganisationRole(code) for code in form.roles.data or []],
            values=_values(form),
            by=actor(),
            at=now(),
        )
        session.commit()
        flash(_("%(name)s est enregistrée : invitez-y quelqu'un.", name=organisation.name), "done")
        return redirect(url_for(".show", organisation_id=organisation.id), 303)
    return render_template("organisations/edit.html", form=form, organisation=None), 422 if form.errors else 200


@bp.route("/<int:organisation_id>/edit", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE, Permission.ORGANISATION_EDIT_OWN)
def edit(organisation_id: int) -> ResponseReturnValue:
    """Change one; its own members do not choose what it does nor where it goes."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    if not manages(organisation_id, Permission.ORGANISATION_EDIT_OWN):
        abort(403)
    form = OrganisationForm(
        obj=organisation,
        data={
            "commune": territory.commune_name(session, organisation.commune_code),
            "roles": [role.value for role in organisation.roles],
        },
    )
    if request.method == "GET":
        form.roles.data = [role.value for role in organisation.roles]
        form.commune.data = territory.commune_name(session, organisation.commune_code)
    all_of_it = actor().can(Permission.ORGANISATION_MANAGE)
    if not all_of_it:
        del form.roles, form.perimeter, form.max_open_needs
    _prepare(session, form)
    if form.validate_on_submit() and _siret_is_free(session, form, organisation):
        roles = [OrganisationRole(code) for code in form.roles.data or []] if all_of_it else None
        services.change(session, organisation, values=_values(form), roles=roles, by=actor(), at=now())
        session.commit()
        flash(_("C'est enregistré."), "done")
        return redirect(url_for(".show", organisation_id=organisation.id), 303)
    return render_template("organisations/edit.html", form=form, organisation=organisation), 422 if form.errors else 200


@bp.post("/<int:organisation_id>/trust")
@requires(Permission.ORGANISATION_MANAGE)
def trust(organisation_id: int) -> ResponseReturnValue:
    """Approve an organisation, or suspend it."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    if request.form.get("trust") == Trust.APPROVED:
        services.approve(session, organisation, by=actor(), at=now())
    elif request.form.get("trust") == Trust.SUSPENDED:
        if organisation.id == actor().organisation_id:
            flash(_("Vous agissez pour cette organisation : une autre coordination doit la suspendre."), "refused")
            return redirect(url_for(".show", organisation_id=organisation.id), 303)
        services.suspend(session, organisation, reason=Suspension.COORDINATION, by=actor(), at=now())
    else:
        abort(400)
    session.commit()
    return redirect(url_for(".show", organisation_id=organisation.id), 303)


@bp.route("/<int:organisation_id>/places/new", methods=["GET", "POST"])
@requires(Permission.PLACE_EDIT, Permission.ORGANISATION_MANAGE)
def create_place(organisation_id: int) -> ResponseReturnValue:
    """Give the organisation a place; its card can be printed at once."""
    session = get_session()
    organisation = organisation_or_404(session, organisation_id)
    if not manages(organisation_id, Permission.PLACE_EDIT):
        abort(403)
    form = PlaceForm(kind=_usual_kind(organisation))
    if request.method == "GET":
        form.commune.data = territory.commune_name(session, organisation.commune_code)
    return _save_place(session, form, organisation, None)


@bp.route("/places/<int:place_id>", methods=["GET", "POST"])
@requires(Permission.PLACE_EDIT, Permission.ORGANISATION_MANAGE)
def edit_place(place_id: int) -> ResponseReturnValue:
    """Change a place."""
    session = get_session()
    place = queries.place_by_id(session, place_id) or abort(404)
    if not manages(place.organisation_id, Permission.PLACE_EDIT):
        abort(404)
    form = PlaceForm(obj=place)
    if request.method == "GET":
        form.commune.data = territory.commune_name(session, place.commune_code)
    return _save_place(session, form, place.organisation, place)


def _save_place(
    session: Session, form: PlaceForm, organisation: Organisation, place: Place | None
) -> ResponseReturnValue:
    _prepare(session, form)
    if form.validate_on_submit():
        found = form.found
        values = {
            "name": form.name.data.strip(),
            "address": form.address.data or None,
            "postcode": form.postcode.data or None,
            "hours": form.hours.data or None,
            "phone": form.phone.data or None,
            "is_open": form.is_open.data,
            "commune_code": found.code if found else None,
            "epci_code": found.epci if found else None,
        }
        try:
            if place is None:
                services.add_place(session, organisation, form.kind.data, values=values, by=actor(), at=now())
            else:
                services.change_place(session, place, values=values | {"kind": form.kind.data}, by=actor(), at=now())
            session.commit()
        except IntegrityError:
            session.rollback()
            form.name.errors = [_("Un lieu de cette organisation porte déjà ce nom.")]
        else:
            flash(_("Le lieu est enregistré."), "done")
            return redirect(url_for(".show", organisation_id=organisation.id), 303)
    page = render_template("organisations/place.html", form=form, organisation=organisation, place=place)
    return page, 422 if form.errors else 200


def _usual_kind(organisation: Organisation) -> PlaceKind:
    return PlaceKind.SHELF if OrganisationRole.REFURBISHER in organisation.roles else PlaceKind.HANDOVER


def _prepare(session: Session, form: WithCommune) -> None:
    """Give the form what it must look up."""
    prepare_commune(session, form)
    if isinstance(form, OrganisationForm) and "perimeter" in form:
        form.perimeter.choices = [SelectChoice(row.code, row.name) for row in territory.all_epci(session)]
        if form.perimeter.data is None:
            form.perimeter.data = []


def _values(form: OrganisationForm) -> dict[str, Any]:
    """Return the columns that the form speaks of."""
    found = form.found
    values: dict[str, Any] = {
        "name": form.name.data.strip(),
        "short_name": form.short_name.data or None,
        "legal_type": LegalType(form.legal_type.data),
        "siret": folded_siret(form.siret.data),
        "rna": (form.rna.data or "").strip().upper() or None,
        "email": (form.email.data or "").strip().lower() or None,
        "phone": form.phone.data or None,
        "address": form.address.data or None,
        "postcode": form.postcode.data or None,
        "commune_code": found.code if found else None,
        "epci_code": found.epci if found else None,
        "capacity_per_month": form.capacity_per_month.data,
    }
    if "perimeter" in form:
        values["perimeter"] = list(form.perimeter.data or []) or None
        values["max_open_needs"] = form.max_open_needs.data
    return values


def _siret_is_free(session: Session, form: OrganisationForm, own: Organisation | None) -> bool:
    """Say so when another organisation has the SIRET: it is the same body, entered twice."""
    digits = folded_siret(form.siret.data)
    other = queries.by_siret(session, digits) if digits else None
    if other is None or (own is not None and other.id == own.id):
        return True
    form.siret.errors = [_("%(name)s a déjà ce SIRET.", name=other.name)]
    return False
