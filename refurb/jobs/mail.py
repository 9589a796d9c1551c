"""Send one message: through the server in force, or to the folder of .eml files."""

import smtplib
from contextlib import suppress
from email.utils import formataddr
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale
from flask_mailman import EmailMessage, Mail
from sqlalchemy.orm import Session

from refurb.config import MailSettings
from refurb.setup import queries

#: A server that does not answer is tried again later; the worker does not hang on it.
TIMEOUT = 20


class MailRefused(Exception):
    """A message the server did not take; `code` says where it went wrong, the text is the server's own."""

    def __init__(self, code: str, detail: str, *, is_final: bool = False) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        #: Whether trying again is of no use: the server said no for good.
        self.is_final = is_final


def deliver(session: Session, payload: dict[str, Any]) -> None:
    """Carry out an outbox row "mail.send": keys `to`, `subject`, `template`, `context`, and `language` as needed."""
    with force_locale(payload.get("language") or "fr"):
        body = render_template(f"mail/{payload['template']}.txt", **payload.get("context", {}))
    send(session, to=payload["to"], subject=payload["subject"], body=body)


def send(session: Session, *, to: str | list[str], subject: str, body: str) -> str:
    """Send a text; return where it went: the server's name, or "folder". Raises MailRefused."""
    server = queries.mail(session)
    demo = bool(queries.setting(session, queries.DEMO, False))
    backend: Any = "refurb.jobs.eml.EmailBackend"
    options: dict[str, Any] = {"folder": queries.mail_folder()}
    if server.host is not None and not demo:
        backend, options = "smtp", _smtp(server)
    connection = _mailman().get_connection(backend=backend, **options)
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        from_email=formataddr(("Refurb", server.sender)),
        to=[to] if isinstance(to, str) else list(to),
        connection=connection,
        # A machine's mail: no holiday answers, please.
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefused("wrong-password", _said(error)) from error
    except smtplib.SMTPRecipientsRefused as error:
        answers = [status for status, _said in error.recipients.values()]
        detail = "; ".join(f"{status} {_text(said)}" for status, said in error.recipients.values())
        raise MailRefused("recipient-refused", detail, is_final=all(s >= 500 for s in answers)) from error
    except smtplib.SMTPException as error:
        raise MailRefused("refused", _said(error)) from error
    except OSError as error:
        raise MailRefused("unreachable", str(error)) from error
    finally:
        # flask-mailman closes what it opened, but not after a refusal.
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
    return "folder" if "folder" in options else str(server.host)


def _smtp(server: MailSettings) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "username": server.user or "",
        "password": server.password or "",
        "use_tls": server.security == "starttls",
        "use_ssl": server.security == "tls",
        "timeout": TIMEOUT,
    }


def _mailman() -> Any:
    if "mailman" not in current_app.extensions:
        Mail().init_app(current_app)
    return current_app.extensions["mailman"]


def _said(error: smtplib.SMTPException) -> str:
    return _text(getattr(error, "smtp_error", b"") or str(error))


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
