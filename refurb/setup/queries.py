"""Read the settings of the instance. A variable of the environment wins over what the pages decided."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from refurb import sealed
from refurb.accounts.queries import has_administrator
from refurb.config import MailSettings, Settings
from refurb.setup.models import Setting

__all__ = ["has_administrator"]

#: True on a seeded demo.
DEMO = "instance.demo"
#: The hash of the one-time code of the first-run page, while it waits.
FIRST_RUN_CODE = "setup.code"
TIMEZONE = "instance.timezone"
TERRITORY = "instance.territory"
#: Where the instance answers, as its first administrator reached it: mailed links are made of it, never of the address
#: that a stranger's request claims.
ADDRESS = "instance.address"
#: The organisation that answers for the whole.
COORDINATION = "instance.coordination"
#: host, port, user, security, sender; `password` encrypted with the field keys.
MAIL = "mail.server"


def settings(session: Session) -> dict[str, Any]:
    """Return every setting by key."""
    return {row.key: row.value["value"] for row in session.scalars(sa.select(Setting))}


def setting(session: Session, key: str, default: Any = None) -> Any:
    """Return one setting, or `default`."""
    row = session.get(Setting, key)
    return default if row is None else row.value["value"]


def overlaid(base: Settings, stored: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings with what the pages decided where the environment is silent."""
    env = os.environ if environ is None else environ
    changes: dict[str, Any] = {}
    if stored.get(TIMEZONE) and not env.get("REFURB_TIMEZONE"):
        changes["timezone"] = ZoneInfo(stored[TIMEZONE])
    if stored.get(TERRITORY) and not env.get("REFURB_TERRITORY"):
        changes["territory"] = str(stored[TERRITORY])
    if stored.get(ADDRESS) and not env.get("REFURB_PUBLIC_URL"):
        changes["public_url"] = str(stored[ADDRESS])
    if stored.get(MAIL) and not env.get("REFURB_MAIL_HOST"):
        kept = dict(stored[MAIL])
        kept["password"] = decrypt(base, kept["password"]) if kept.get("password") else None
        changes["mail"] = MailSettings(**kept)
    return replace(base, **changes)


def mail(session: Session) -> MailSettings:
    """Return the mail server in force; its host is None where mail goes to a folder."""
    return overlaid(current_app.extensions["refurb.environment"], settings(session)).mail


def mail_comes_from_environment() -> bool:
    """Whether the page may not change the mail server."""
    return bool(os.environ.get("REFURB_MAIL_HOST"))


def mail_folder() -> Path:
    """Return where messages go that no server takes."""
    instance: Path = current_app.extensions["refurb.settings"].instance
    return instance / "mail"


def encrypt(base: Settings, text: str) -> str:
    """Encrypt a secret with the first of the field keys."""
    return sealed.seal(text, base)


def decrypt(base: Settings, text: str) -> str | None:
    """Return the secret, None where no key of today opens it: it is then asked for again."""
    return sealed.unseal(text, base)
