"""`refurb documents`: is a paper genuine, by its seal alone; the certificate that says so; a new seal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refurb.cli.words import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from refurb.documents.seal import Checked

#: A paper of ours is some tens of kilobytes; a file that is larger than this is none.
LARGEST = 100 * 1024 * 1024


@click.group(help=_("Vérifier des documents, et le sceau qui les authentifie."))
def documents() -> None:
    """Hold the commands."""


@documents.command(
    help=_(
        "Dire si chaque fichier est un document scellé par cette instance et inchangé depuis. Sans base de données ni "
        "réseau. Code de sortie 1 si l'un d'eux ne l'est pas."
    )
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=_("Le certificat de l'instance (PEM), au lieu de celui d'ici."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def verify(files: tuple[Path, ...], certificate: Path | None, as_json: bool) -> None:
    """Check seals."""
    from refurb.documents import seal

    try:
        given = seal.read_certificates(str(certificate)) if certificate is not None else seal.known_certificates()
    except seal.SealUnusable as error:
        raise click.ClickException(
            _("Le certificat ne se lit pas : donnez un fichier PEM, « -----BEGIN CERTIFICATE----- ».")
        ) from error
    if not given:
        raise click.ClickException(
            _("Aucun certificat ici : donnez celui de l'instance avec --certificate ; sa page /verify le propose.")
        )
    checked = [(file, _checked(file, given)) for file in files]
    if as_json:
        rows = [
            {
                "file": str(file),
                "verdict": each.verdict.value,
                "genuine": each.verdict is seal.Verdict.GENUINE,
                "sealed_at": each.sealed_at.isoformat() if each.sealed_at else None,
                "signer": each.signer or None,
                "certificate_sha256": each.fingerprint or None,
            }
            for file, each in checked
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        source = str(certificate) if certificate is not None else _("celui de cette instance")
        click.echo(_("Certificat : %(source)s, empreinte %(sha256)s", source=source, sha256=seal.fingerprint(given[0])))
        for file, each in checked:
            click.echo(f"{file} : {_sentence(each)}")
    if any(each.verdict is not seal.Verdict.GENUINE for _file, each in checked):
        raise SystemExit(1)


def _checked(file: Path, certificates: "tuple[x509.Certificate, ...]") -> "Checked":
    from refurb.documents import seal

    if file.stat().st_size > LARGEST:
        return seal.Checked(seal.Verdict.NOT_A_PDF)
    return seal.check(file.read_bytes(), certificates)


def _sentence(checked: "Checked") -> str:
    from refurb.documents.seal import Verdict

    at = checked.sealed_at.astimezone().strftime("%Y-%m-%d %H:%M") if checked.sealed_at else "?"
    return {
        Verdict.GENUINE: _(
            "authentique, inchangé depuis son sceau du %(at)s (%(signer)s).", at=at, signer=checked.signer
        ),
        Verdict.CHANGED: _("modifié après avoir été scellé : il ne vaut rien."),
        Verdict.OTHER_SEAL: _(
            "scellé par un autre que cette instance (%(signer)s, empreinte %(sha256)s).",
            signer=checked.signer,
            sha256=checked.fingerprint,
        ),
        Verdict.NOT_SEALED: _("ne porte aucun sceau."),
        Verdict.NOT_A_PDF: _("n'est pas un PDF lisible."),
    }[checked.verdict]


@documents.command(
    help=_(
        "Écrire le certificat de l'instance (PEM) : qui l'a peut vérifier ses documents sans elle, par --certificate."
    )
)
def certificate() -> None:
    """Print the certificates of the instance."""
    from refurb.documents import seal

    known = _readable(seal.known_certificates)
    if not known:
        raise click.ClickException(
            _("Cette instance n'a pas encore de sceau : il naît avec le premier document, ou par « make-seal ».")
        )
    click.echo("".join(map(seal.certificate_pem, known)), nl=False)


@documents.command(
    "make-seal",
    help=_(
        "Écrire un nouveau sceau (clé et certificat), à donner dans REFURB_SEAL_KEY. Les certificats d'avant le "
        "suivent : les documents déjà scellés restent vérifiables. C'est un secret."
    ),
)
@click.option("--name", default="Refurb", show_default=True, help=_("Au nom de qui le sceau est fait."))
@click.option("--pem", is_flag=True, help=_("En PEM, pour un fichier, au lieu d'une ligne pour l'environnement."))
def make_seal(name: str, pem: bool) -> None:
    """Print a new seal, with the certificates of the one in use."""
    from refurb.documents import seal

    bundle = seal.make(name, now=datetime.now(UTC), before=_readable(seal.known_certificates))
    click.echo(bundle if pem else seal.one_line(bundle), nl=not pem)


def _readable(find: "Callable[[], tuple[x509.Certificate, ...]]") -> "tuple[x509.Certificate, ...]":
    from refurb.documents.seal import SealUnusable

    try:
        return find()
    except SealUnusable as error:
        raise click.ClickException(_("REFURB_SEAL_KEY ne se lit pas : donnez ce que « make-seal » écrit.")) from error
