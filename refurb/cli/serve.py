"""`refurb serve`: the web server, and with it the worker and the demo where they are asked for."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

import click

from refurb.cli.words import _

#: What `scripts/run` waits for before it says that the server is there.
PATIENCE = 60.0


@click.command(help=_("Servir les pages. Une base vide ouvre la page de première mise en route."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("Adresse d'écoute."))
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True, help=_("Port d'écoute."))
@click.option("--workers", type=int, default=2, show_default=True, help=_("Nombre de processus."))
@click.option("--threads", type=int, default=4, show_default=True, help=_("Fils d'exécution par processus."))
@click.option("--with-worker", is_flag=True, help=_("Lancer aussi « refurb worker »."))
@click.option("--demo", is_flag=True, help=_("Construire la démonstration si la base est vide."))
def serve(host: str, port: int, workers: int, threads: int, with_worker: bool, demo: bool) -> None:
    """Prepare the database as far as it may be prepared unasked, then hand over to gunicorn."""
    accounts = _prepare(demo)
    server = [sys.executable, "-m", "gunicorn", *gunicorn(f"{host}:{port}", workers=workers, threads=threads)]
    children = [subprocess.Popen(server)]  # noqa: S603 - our own command

    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            if child.poll() is None:
                child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
    answers = _answers(address, children[0])
    if with_worker and not stopping:
        # After the pages: nobody waits for the worker, and it would take a processor from their start.
        children.append(subprocess.Popen([sys.executable, "-m", "refurb", "worker"]))
    if answers:
        click.echo(_announcement(address, accounts))
    status = _wait(children)
    if not stopping:
        # One of them fell: the other does not go on alone.
        stop(0, None)
    for child in children:
        child.wait()
    raise SystemExit(0 if stopping else status or 1)


def gunicorn(bind: str, *, workers: int, threads: int) -> list[str]:
    """Return the arguments of the web server.

    A header may be longer than gunicorn's own 8 kB: a token of any length is answered by us, in a sentence. And a
    process that a busy machine lets starve is given two minutes before it is taken for dead. The application is made
    once, before the processes part: they share what start-up made, and one that falls is replaced at once.
    """
    return [
        "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads), "--bind", bind,
        "--preload", "--log-level", "warning", "--graceful-timeout", "10", "--timeout", "120",
        "--limit-request-field_size", "65536", "refurb.app:served()",
    ]  # fmt: skip


def _prepare(demo: bool) -> str:
    """Bring the embedded database up to date, build the demo if it is asked for; return what to say of the accounts."""
    from refurb.cli.application import load_app, warn_of_seal
    from refurb.migrations.schema import is_current, upgrade

    app = load_app()
    embedded = app.extensions["refurb.settings"].embedded
    warn_of_seal(app.extensions["refurb.settings"])
    from refurb.cli.demo import base_url

    # The demo's papers carry the address of their instance.
    with app.test_request_context(base_url=base_url(app)):
        if not is_current():
            if not (embedded or demo):
                raise click.ClickException(
                    _("Le schéma de la base n'est pas à jour : lancez « refurb db upgrade », puis recommencez.")
                )
            upgrade()
        if demo:
            from refurb.cli.demo import ensure

            return ensure()
        return _first_run_notice()


def _first_run_notice() -> str:
    """On an instance that nobody administers, make the one-time code and say what to do with it."""
    from refurb.db import get_session
    from refurb.setup.queries import has_administrator
    from refurb.setup.services import make_code
    from refurb.web import now

    session = get_session()
    if has_administrator(session):
        return ""
    code = make_code(session, at=now())
    session.commit()
    return _("Personne n'administre encore cette instance. Ouvrez l'adresse et donnez ce code : %(code)s\n", code=code)


def _answers(address: str, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server answers; return whether it does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _announcement(address: str, accounts: str) -> str:
    return "\n".join(
        ["", _("Refurb est prêt : %(address)s", address=address), "", accounts, _("Ctrl-C arrête tout."), ""]
    )


def _wait(children: "list[subprocess.Popen[bytes]]") -> int:
    """Wait until one of them ends; return its exit code."""
    while True:
        for child in children:
            code = child.poll()
            if code is not None:
                return code
        time.sleep(0.2)
