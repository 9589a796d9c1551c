"""Settings: read once from the environment, complete or not started.

`docs/settings.md` is the table for administrators. What the first-run page asks lives in the database (`setup`), and
a variable of the environment wins over it. With the embedded database the secrets are made under the instance folder
and kept; with DATABASE_URL several processes and machines must share them, so they are asked from the environment.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

#: The shortest secret that starts: 128 bits in base64 or hex.
SECRET_LENGTH = 22
#: Where an embedded instance keeps its own secrets.
SECRETS = "secrets.json"


class ConfigError(Exception):
    """Settings that do not start; `code` names the fault, `name` the variable."""

    def __init__(self, code: str, name: str, detail: str = "") -> None:
        super().__init__(f"{name}: {code} {detail}".strip())
        self.code, self.name, self.detail = code, name, detail


@dataclass(frozen=True)
class MailSettings:
    """The server that takes our mail; without a host, mail goes to .eml files under the instance folder."""

    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    security: str = "starttls"
    sender: str = "refurb@localhost"


@dataclass(frozen=True)
class OidcSettings:
    """The provider of identities (OpenID Connect) through which one may sign in; `name` is what its button says."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides."""

    instance: Path
    database_url: sa.URL
    secret_key: str = field(repr=False)
    field_keys: tuple[str, ...] = field(repr=False)
    #: What seals papers (documents/seal.py); embedded, one is made under the instance folder.
    seal_key: str | None = field(default=None, repr=False)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    territory: str = "49"
    public_url: str | None = None
    mail: MailSettings = MailSettings()
    oidc: OidcSettings | None = None
    secure_cookies: bool = False
    max_upload_bytes: int = 25 * 1024 * 1024
    trusted_proxies: int = 0
    source_url: str = "https://github.com/refurb-chain/refurb"
    log_json: bool = True
    testing: bool = False
    #: The file that keeps the field keys and may change while the instance runs; None where the environment has them.
    keys_file: Path | None = None

    @property
    def embedded(self) -> bool:
        """Whether the database is the one SQLite file under the instance folder."""
        return self.database_url.get_backend_name() == "sqlite"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; raises ConfigError naming the variable that is wrong."""
        env = os.environ if environ is None else environ
        instance = Path(env.get("REFURB_INSTANCE") or "instance").resolve()
        url = _database_url(env, instance)
        embedded = url.get_backend_name() == "sqlite"
        if embedded:
            instance.mkdir(parents=True, exist_ok=True)
            kept = kept_secrets(instance)
        else:
            kept = {}
        return cls(
            instance=instance,
            database_url=url,
            secret_key=_secret(env, "REFURB_SECRET_KEY", kept),
            field_keys=_field_keys(_secret(env, "REFURB_FIELD_KEYS", kept)),
            keys_file=None if env.get("REFURB_FIELD_KEYS") or not embedded else instance / SECRETS,
            seal_key=env.get("REFURB_SEAL_KEY") or None,
            timezone=_timezone(env),
            territory=_territory(env),
            public_url=(env.get("REFURB_PUBLIC_URL") or "").rstrip("/") or None,
            mail=_mail(env),
            oidc=_oidc(env),
            secure_cookies=_boolean(
                env, "REFURB_SECURE_COOKIES", (env.get("REFURB_PUBLIC_URL") or "").startswith("https:")
            ),
            max_upload_bytes=_number(env, "REFURB_MAX_UPLOAD_MB", 25) * 1024 * 1024,
            trusted_proxies=_number(env, "REFURB_TRUSTED_PROXIES", 0),
            source_url=env.get("REFURB_SOURCE_URL") or cls.source_url,
            log_json=_boolean(env, "REFURB_LOG_JSON", True),
        )


def kept_secrets(instance: Path) -> dict[str, str]:
    """Return the secrets of an embedded instance, made at first use in a file only its owner reads."""
    path = instance / SECRETS
    if path.exists():
        return dict(json.loads(path.read_text()))
    made = {
        "REFURB_SECRET_KEY": secrets.token_urlsafe(48),
        # The form that Fernet asks: 32 bytes in URL-safe base64.
        "REFURB_FIELD_KEYS": secrets.token_urlsafe(32) + "=",
    }
    # Written beside and linked into place: of two processes starting at once the first wins, and no reader sees half.
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return dict(json.loads(path.read_text()))
    finally:
        draft.unlink()
    return made


def _database_url(env: Mapping[str, str], instance: Path) -> sa.URL:
    text = env.get("DATABASE_URL")
    if not text:
        return sa.URL.create("sqlite", database=str(instance / "refurb.sqlite"))
    # Hosting platforms still hand out the old scheme.
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise ConfigError("not-an-address", "DATABASE_URL") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError("unknown-database", "DATABASE_URL", url.get_backend_name())
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _secret(env: Mapping[str, str], name: str, kept: Mapping[str, str]) -> str:
    value = env.get(name) or kept.get(name)
    if not value:
        raise ConfigError("missing-secret", name)
    if len(value) < SECRET_LENGTH or len(set(value)) < 8:
        raise ConfigError("weak-secret", name)
    return value


def _field_keys(text: str) -> tuple[str, ...]:
    """Return the keys, each of 32 bytes in URL-safe base64; spaces and an empty end are forgiven."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for key in found:
        try:
            good = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            good = False
        if not good:
            raise ConfigError("not-a-field-key", "REFURB_FIELD_KEYS")
    return found


def _timezone(env: Mapping[str, str]) -> ZoneInfo:
    try:
        return ZoneInfo(env.get("REFURB_TIMEZONE") or "Europe/Paris")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError("unknown-timezone", "REFURB_TIMEZONE") from error


def _territory(env: Mapping[str, str]) -> str:
    value = env.get("REFURB_TERRITORY") or "49"
    if len(value) != 2 or not value.isdecimal():
        raise ConfigError("not-two-digits", "REFURB_TERRITORY", value)
    return value


def _mail(env: Mapping[str, str]) -> MailSettings:
    security = env.get("REFURB_MAIL_SECURITY") or "starttls"
    if security not in ("none", "starttls", "tls"):
        raise ConfigError("unknown-value", "REFURB_MAIL_SECURITY", security)
    return MailSettings(
        host=env.get("REFURB_MAIL_HOST") or None,
        port=_number(env, "REFURB_MAIL_PORT", 587),
        user=env.get("REFURB_MAIL_USER") or None,
        password=env.get("REFURB_MAIL_PASSWORD") or None,
        security=security,
        sender=env.get("REFURB_MAIL_SENDER") or "refurb@localhost",
    )


def _oidc(env: Mapping[str, str]) -> OidcSettings | None:
    issuer = env.get("REFURB_OIDC_ISSUER")
    if not issuer:
        return None
    address = urlsplit(issuer)
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1"):
        raise ConfigError("not-https", "REFURB_OIDC_ISSUER", issuer)
    for name in ("REFURB_OIDC_CLIENT_ID", "REFURB_OIDC_CLIENT_SECRET"):
        if not env.get(name):
            raise ConfigError("missing-beside-issuer", name)
    return OidcSettings(
        issuer=issuer,
        client_id=env["REFURB_OIDC_CLIENT_ID"],
        client_secret=env["REFURB_OIDC_CLIENT_SECRET"],
        name=env.get("REFURB_OIDC_NAME") or address.hostname or issuer,
    )


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isdecimal():
        raise ConfigError("not-a-number", name, text)
    return int(text)


def _boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = (env.get(name) or "").strip().lower()
    if not text:
        return default
    if text in ("1", "true", "yes", "oui"):
        return True
    if text in ("0", "false", "no", "non"):
        return False
    raise ConfigError("not-a-boolean", name, text)
