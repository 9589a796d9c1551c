"""The seal of the instance: a PAdES signature on each paper, and what a reader may conclude from it.

The key and its certificate are one PEM bundle: made under the instance folder with the embedded database, asked from
REFURB_SEAL_KEY otherwise, for several machines must put the same seal. Certificates of former keys may follow in the
bundle: papers that they sealed stay verifiable. Nothing here needs the database.
"""

import asyncio
import base64
import io
import os
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

#: The variable that holds the bundle, or the path of its file.
VARIABLE = "REFURB_SEAL_KEY"
FILE_NAME = "seal.pem"
#: How long a new certificate is good for sealing; papers sealed before its end stay verifiable.
LIFE = timedelta(days=3653)
#: The name of the field in the PDF that carries the seal.
FIELD = "Refurb"


class SealUnusable(Exception):
    """A bundle that cannot seal; `code`: "not-pem", "no-key", "not-its-key", "unreadable"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Verdict(StrEnum):
    """What a file is, by its seal."""

    GENUINE = "genuine"
    #: Sealed by this instance, and its bytes are no longer those that were sealed.
    CHANGED = "changed"
    #: Whole, but under a certificate that is not among those given.
    OTHER_SEAL = "other-seal"
    NOT_SEALED = "not-sealed"
    NOT_A_PDF = "not-a-pdf"


@dataclass(frozen=True)
class Seal:
    """A key with its certificate, and the certificates of the keys before it."""

    key: rsa.RSAPrivateKey
    certificates: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key in use."""
        return self.certificates[0]


@dataclass(frozen=True)
class Checked:
    """What was found in a file. `sealed_at` is what the seal says of itself, by the worker's clock."""

    verdict: Verdict
    sealed_at: datetime | None = None
    signer: str = ""
    fingerprint: str = ""


def make(name: str, *, now: datetime, before: Sequence[x509.Certificate] = ()) -> str:
    """Return a new bundle as PEM: an RSA key, its self-signed certificate in `name`, and those of former keys."""
    # RSA: signatures on elliptic curves are of PDF 2.0, and PDF/A-2 is built on 1.7.
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # The clocks of the worker and of a reader differ.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return pem + "".join(certificate_pem(each) for each in (certificate, *before))


def certificate_pem(certificate: x509.Certificate) -> str:
    """Return a certificate as it is handed to whoever wants to check papers without us."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def one_line(bundle: str) -> str:
    """Return a bundle as a variable of the environment holds it best: base64 on one line."""
    return base64.b64encode(bundle.encode()).decode()


def read(text: str) -> Seal:
    """Read a bundle: PEM, the same in base64 on one line, or the path of a file that holds it. Raises SealUnusable."""
    return _opened(_pem(text))


@lru_cache(maxsize=4)
def _opened(pem: bytes) -> Seal:
    """Open a bundle once: proving the primes of its key takes longer than setting a paper."""
    try:
        certificates = tuple(x509.load_pem_x509_certificates(pem))
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealUnusable("no-key") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SealUnusable("no-key")
    if certificates[0].public_key() != key.public_key():
        raise SealUnusable("not-its-key")
    return Seal(key, certificates)


def read_certificates(text: str) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a PEM file, key or no key beside them; raises SealUnusable."""
    try:
        return tuple(x509.load_pem_x509_certificates(_pem(text)))
    except ValueError as error:
        raise SealUnusable("not-pem") from error


def _pem(text: str) -> bytes:
    text = text.strip()
    if "-----BEGIN" in text:
        # Some hosting panels keep a variable on one line, its line ends written out.
        return text.replace("\\n", "\n").encode()
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    if b"-----BEGIN" in decoded:
        return decoded
    try:
        data = Path(text).read_bytes()
    except (OSError, ValueError) as error:
        raise SealUnusable("unreadable") from error
    if b"-----BEGIN" not in data:
        raise SealUnusable("not-pem")
    return data


def of_instance(instance: Path, given: str | None, *, embedded: bool, name: str = "", now: datetime) -> Seal | None:
    """Return the seal of the instance; None where the environment should give it and does not. Raises SealUnusable.

    Embedded, one is made at first use and kept in a file that its owner alone reads.
    """
    if given:
        return read(given)
    path = instance / FILE_NAME
    if not path.exists():
        if not embedded:
            return None
        _keep(path, make(name or "Refurb", now=now))
    return read(str(path))


def known_certificates(environ: Mapping[str, str] | None = None) -> tuple[x509.Certificate, ...]:
    """Return the certificates of this instance from the environment or its folder, without the database; () if none."""
    env = os.environ if environ is None else environ
    path = Path(env.get("REFURB_INSTANCE") or "instance") / FILE_NAME
    given = env.get(VARIABLE) or (str(path.resolve()) if path.exists() else "")
    return read_certificates(given) if given else ()


def _keep(path: Path, bundle: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(bundle)
        file.flush()
        os.fsync(file.fileno())
    try:
        # Of two workers starting at once the first wins, and no reader sees half a key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def put(pdf: bytes, seal: Seal) -> bytes:
    """Return the paper sealed: its own bytes first, untouched, then the signature over all of them.

    PAdES baseline B, as an incremental update: tags and the marks of PDF/UA and PDF/A stay. The field shows nothing on
    the page; it certifies the paper as final, so that a viewer tells of any change after it.
    """
    # Loaded here: it costs a second, and only the worker seals.
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Writer(IncrementalPdfFileWriter):
        """Keeps the version that PDF/A-2 is built on."""

        output_version = (1, 7)

    class Signer(signers.Signer):
        """Signs with the key in hand; pyHanko's own would read it again, twice a paper."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            return seal.key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    certificate = asn1_x509.Certificate.load(seal.certificate.public_bytes(serialization.Encoding.DER))
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko leaves this one without
    store.register(certificate)
    signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            name=signer_name(seal.certificate),
        ),
        Signer(signing_cert=certificate, cert_registry=store),
        new_field_spec=SigFieldSpec(
            FIELD,
            readable_field_name=signer_name(seal.certificate),
            # PDF/A wants the print flag and no hidden one, PDF/UA nothing untagged on the page.
            invis_sig_settings=InvisSigSettings(set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True),
        ),
    )
    sealed: io.BytesIO = _run(signer.async_sign_pdf(Writer(io.BytesIO(pdf))))
    return sealed.getvalue()


def check(pdf: bytes, certificates: Sequence[x509.Certificate]) -> Checked:
    """Say what a file is by its seal; of several signatures the first, which is ours, must cover the whole file."""
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    if b"%PDF-" not in pdf[:1024]:
        return Checked(Verdict.NOT_A_PDF)
    try:
        found = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures
    except Exception:
        # A parser faced with what anybody may send: whatever it stumbles on, the file is not what we made.
        return Checked(Verdict.CHANGED if b"/ByteRange" in pdf else Verdict.NOT_A_PDF)
    if not found:
        return Checked(Verdict.NOT_SEALED)
    ours = {fingerprint(each): each for each in certificates}
    try:
        der = found[0].signer_cert.dump()
        carried = x509.load_der_x509_certificate(der)
        said = Checked(Verdict.CHANGED, found[0].self_reported_timestamp, signer_name(carried), fingerprint(carried))
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(der)],
            allow_fetching=False,
            # A certificate that ended since was good when it sealed.
            moment=min(max(datetime.now(UTC), carried.not_valid_before_utc), carried.not_valid_after_utc),
        )
        status = _run(async_validate_pdf_signature(found[0], signer_validation_context=context))
        whole = status.intact and status.valid and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    except Exception:
        # There is a seal and it cannot be followed to its end: whatever the reason, the file is not as it was sealed.
        return Checked(Verdict.CHANGED)
    if not whole:
        return said
    verdict = Verdict.GENUINE if said.fingerprint in ours else Verdict.OTHER_SEAL
    return replace(said, verdict=verdict)


def signer_name(certificate: x509.Certificate) -> str:
    """Return in whose name a certificate is."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Carry out what pyHanko only offers as a coroutine, in a thread of its own: the caller may hold a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
