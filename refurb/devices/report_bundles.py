"""Many reports at once: the files of a folder or inside a zip, and the short text that names what became of them.

A zip is unfolded under guard: entries counted, bytes counted as they come out. One that breaks the guard or does not
open is one file like any other: kept whole, and unreadable.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

#: What one bringing may hold, in files and in bytes once unfolded.
MAX_FILES = 500
MAX_BYTES = 256 * 1024 * 1024
_MAX_ENTRY = 64 * 1024 * 1024
#: A text document of an office suite is a zip too, and no bundle of reports.
_OFFICE = {"[Content_Types].xml", "mimetype"}
_LEFT_BEHIND = re.compile(
    r"(^|/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|System Volume Information)(/|$)", re.IGNORECASE
)


class TooMany(Exception):
    """More files than one bringing may hold."""


def is_left_behind(name: str) -> bool:
    """Tell whether a file is one that systems leave in folders, and nobody means to bring."""
    return bool(_LEFT_BEHIND.search(name.replace("\\", "/")))


def unfolded(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield each file with its name, those of a zip in its stead; raises TooMany."""
    count = 0
    for name, raw in files:
        inside = _inside(raw) if raw[:4] == b"PK\x03\x04" else None
        for each in [(name, raw)] if inside is None else inside:
            if is_left_behind(each[0]):
                continue
            count += 1
            if count > MAX_FILES:
                raise TooMany
            yield each


def _inside(raw: bytes) -> list[tuple[str, bytes]] | None:
    """Return the files of a zip, None for one that is to be kept as it is."""
    found: list[tuple[str, bytes]] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
            entries = [
                entry for entry in bundle.infolist() if not entry.is_dir() and not is_left_behind(entry.filename)
            ]
            if len(entries) > MAX_FILES or _OFFICE & {entry.filename for entry in entries}:
                return None
            for entry in entries:
                with bundle.open(entry) as stream:
                    content = stream.read(_MAX_ENTRY + 1)
                total += len(content)
                if len(content) > _MAX_ENTRY or total > MAX_BYTES:
                    return None
                found.append((PurePosixPath(entry.filename.replace("\\", "/")).name, content))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError):
        # Cut, protected by a password, or packed in a way that nobody unpacks.
        return None
    return found or None


def as_ranges(numbers: Iterable[int]) -> str:
    """Return numbers as a short text: "3,7-12"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def from_ranges(text: str) -> list[int]:
    """Return the numbers of such a text, no more than one bringing holds; what is none is passed over."""
    found: dict[int, None] = {}
    for part in text[:10_000].split(","):
        if match := re.fullmatch(r"(\d{1,12})(?:-(\d{1,12}))?", part):
            first, last = int(match[1]), int(match[2] or match[1])
            found |= dict.fromkeys(range(first, min(last, first + MAX_FILES) + 1))
    return list(found)[:MAX_FILES]
