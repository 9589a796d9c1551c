"""Which format can read these bytes. A format is one module of this package that has a `FORMAT`; nothing lists them."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from refurb.devices import readings
from refurb.devices.readings.document import Document
from refurb.devices.readings.reading import Reading, Unreadable

#: Raised when the readers read more than they did: `refurb ingest --again` then reads older reports once more.
READER_VERSION = 2


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of report is told from the others by its content, and read.

    `recognises` is cheap and sure; `reads` may still raise Unreadable. `agent` tells that such a report comes from a
    machine that was started and looked at, which is a diagnosis.
    """

    name: str
    recognises: Callable[[Document], bool]
    reads: Callable[[Document], Reading]
    agent: bool = True


@cache
def formats() -> tuple[Format, ...]:
    """Return every format, in the order of the names of their modules."""
    modules = (
        importlib.import_module(f"{readings.__name__}.{found.name}")
        for found in pkgutil.iter_modules(readings.__path__)
    )
    return tuple(module.FORMAT for module in modules if isinstance(getattr(module, "FORMAT", None), Format))


def recognise(document: Document) -> Format | None:
    """Return the format of a report, or None."""
    return next((candidate for candidate in formats() if candidate.recognises(document)), None)


def read(raw: bytes) -> Reading:
    """Read a report whatever its format; raises Unreadable, and nothing else, for what nobody can read."""
    return read_document(Document(raw))


def read_document(document: Document) -> Reading:
    """Read a report whose bytes are unpacked already; raises Unreadable, and nothing else."""
    try:
        if (found := recognise(document)) is None:
            raise Unreadable("truncated" if _cut(document) else "unknown-format")
        return found.reads(document)
    except Unreadable:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # The file is foreign: a shape that no reader foresaw is unreadable, kept, and read again after an upgrade.
        raise Unreadable("unexpected-shape") from error


def _cut(document: Document) -> bool:
    """Tell whether a text looks like the beginning of a JSON or XML report that stops short."""
    text = (document.text or "").strip()
    return text.startswith(("{", "[", "<")) and not text.endswith(("}", "]", ">"))
