"""What is said of a line of a list, and which of it refuses the line or was mended in it."""

from enum import StrEnum


class Note(StrEnum):
    """What is said of a line. Each has a sentence in `donations/sentences.py`."""

    # refused
    PRINTER = "printer"
    CRT = "crt"
    NOT_COMPUTER = "not-computer"
    DUPLICATE = "duplicate-in-file"
    QUANTITY_ZERO = "quantity-zero"
    NOTHING_SAID = "nothing-said"
    # mended
    SERIAL_PLACEHOLDER = "serial-placeholder"
    SERIAL_MENDED = "serial-mended"
    SERIAL_FROM_NUMBER = "serial-from-number"
    SERIALS_SPLIT = "serials-split"
    QUANTITY_APPROXIMATE = "quantity-approximate"
    DATE_MENDED = "date-mended"
    PERSON_REMOVED = "person-removed"
    FORM_FROM_TITLE = "form-from-title"
    TEXT_CUT = "text-cut"
    # in doubt, yet kept
    SERIAL_ROUNDED = "serial-rounded"
    SIMILAR_IN_FILE = "similar-in-file"
    SAME_INVENTORY = "same-inventory-in-file"
    IN_STOCK = "already-known"
    SIMILAR_IN_STOCK = "similar-known"
    OLD = "older-than-limit"
    YEAR_UNREADABLE = "year-unreadable"
    QUANTITY_UNREADABLE = "quantity-unreadable"
    QUANTITY_WITH_SERIAL = "quantity-with-serial"
    FORM_UNKNOWN = "form-unknown"
    NO_SERIAL = "no-serial"
    LOCKED = "locked"
    ACCESSORY = "accessory"
    UNCOUNTED = "uncounted"


REFUSALS = frozenset({Note.PRINTER, Note.CRT, Note.NOT_COMPUTER, Note.DUPLICATE, Note.QUANTITY_ZERO, Note.NOTHING_SAID})
MENDS = frozenset(
    {
        Note.SERIAL_PLACEHOLDER,
        Note.SERIAL_MENDED,
        Note.SERIAL_FROM_NUMBER,
        Note.SERIALS_SPLIT,
        Note.QUANTITY_APPROXIMATE,
        Note.DATE_MENDED,
        Note.PERSON_REMOVED,
        Note.FORM_FROM_TITLE,
        Note.TEXT_CUT,
    }
)
