"""The English catalogue: extract the French sentences of the source, keep what is translated, compile.

Run by scripts/translations; the application itself only reads the compiled file.
"""

import json
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / "en" / "LC_MESSAGES"
PO, MO = FOLDER / "messages.po", FOLDER / "messages.mo"
#: French is the source and needs no wording, but a plural rule of its own: « 0 machine », and not "0 machines".
FRENCH_MO = FOLDER.parents[1] / "fr" / "LC_MESSAGES" / "messages.mo"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "_n": (1, 2),
}
#: The Jinja extensions that the environment of the application has.
JINJA = {"extensions": "jinja2.ext.do", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}


def extracted() -> Catalog:
    """Return what the source says today, in French."""
    catalog = Catalog(locale="en", project="Refurb", charset="utf-8")
    for folder, methods in (
        ("refurb", [("**.py", "python")]),
        ("templates", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
    ):
        options = {"**.html": JINJA, "**.txt": JINJA}
        found = extract_from_dir(ROOT / folder, methods, options, keywords=KEYWORDS)
        for file, _line, message, comments, context in found:
            # Without line numbers a moved line changes nothing in the catalogue.
            catalog.add(message, None, [(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def updated() -> Catalog:
    """Return the kept catalogue brought up to the source: new sentences empty, gone ones dropped, none guessed."""
    with PO.open("rb") if PO.exists() else BytesIO() as file:
        kept = read_po(file, locale="en")
    kept.update(extracted(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    kept.fuzzy, kept.header_comment = False, "# English wording of Refurb. AGPL-3.0-or-later, as the rest."
    kept.project, kept.copyright_holder = "Refurb", "Refurb"
    return kept


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Yield the messages without English."""
    for message in catalog:
        if message.id and (not message.string or (isinstance(message.string, tuple) and not all(message.string))):
            yield message


def po_bytes(catalog: Catalog) -> bytes:
    """Return the catalogue as text, sorted, without what changes at each run."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, omit_header=False, include_lineno=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date')))


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the compiled catalogue."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def french_plurals(catalog: Catalog) -> Catalog:
    """Return the sentences that count something, in French as they stand."""
    french = Catalog(locale="fr", project="Refurb", charset="utf-8", fuzzy=False)
    for message in catalog:
        if isinstance(message.id, tuple):
            french.add(message.id, message.id, context=message.context, flags=message.flags)
    return french


def main() -> int:
    """Update, check, list what has no English (`--missing`, JSON), or take it in (`--merge FILE`, id to text)."""
    catalog = updated()
    if "--merge" in sys.argv:
        given = json.loads(Path(sys.argv[sys.argv.index("--merge") + 1]).read_text())
        for message in catalog:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            if given.get(key):
                message.string = tuple(given[key]) if isinstance(message.id, tuple) else given[key]
    missing = list(untranslated(catalog))
    if "--missing" in sys.argv:
        print(json.dumps([m.id for m in missing], ensure_ascii=False, indent=1))
        return 0
    if "--check" in sys.argv:
        for message in missing:
            print(f"no English: {message.id!r}")
        # The header of a .mo carries the date of its making: compare what it says, not its bytes.
        stale = not PO.exists() or po_bytes(catalog) != PO.read_bytes() or not MO.exists() or not FRENCH_MO.exists()
        if stale:
            print("the catalogue is behind the source: run scripts/translations")
        return 1 if missing or stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po_bytes(catalog))
    MO.write_bytes(mo_bytes(catalog))
    FRENCH_MO.parent.mkdir(parents=True, exist_ok=True)
    FRENCH_MO.write_bytes(mo_bytes(french_plurals(catalog)))
    print(f"{len(catalog)} sentences, {len(missing)} without English")
    return 0


if __name__ == "__main__":
    sys.exit(main())
