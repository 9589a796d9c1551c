"""Opening a report once: what it says of a machine, and its bytes less what they say of persons. No database here.

It takes the longest of all that is done with a report, and is done before anything is locked.
"""

from dataclasses import dataclass

import structlog

from refurb.devices.readings.document import Document
from refurb.devices.readings.persons import without_persons
from refurb.devices.readings.reading import Reading, Unreadable
from refurb.devices.readings.registry import read_document

log = structlog.get_logger("refurb.readings")


@dataclass(frozen=True, slots=True)
class Opened:
    """A reading, or the code of why there is none; `kept` are the bytes to keep."""

    reading: Reading | None
    why_not: str | None
    kept: bytes


def opened(raw: bytes) -> Opened:
    """Open a report, whatever it is: what no reader foresaw is unreadable, kept whole, and logged."""
    try:
        document = Document(raw)
        return Opened(read_document(document), None, without_persons(document))
    except Unreadable as refusal:
        return Opened(None, refusal.code, raw)
    except Exception as error:
        log.error("report-not-read", exc_info=error)
        return Opened(None, "unexpected-shape", raw)
