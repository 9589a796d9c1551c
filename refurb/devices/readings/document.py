"""The bytes of a report, opened under guard: size, nesting, encodings, entities. A format asks for what it needs."""

import codecs
import json
import re
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.parsers import expat

from refurb.devices.readings.reading import Unreadable

#: A real report has some hundred kilobytes; beyond this it is kept, and not read.
MAX_BYTES = 24 * 1024 * 1024
MAX_DEPTH = 200
MAX_NODES = 400_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(slots=True)
class Element:
    """One element of an XML report; names in upper case, as the agents write them."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]

    def get(self, *path: str) -> str | None:
        """Return the text at the end of a path of names, or None where it is missing or empty."""
        node: Element | None = self
        for name in path:
            node = next(iter(node.all(name)), None) if node else None
        return (node.text.strip() or None) if node else None


class Document:
    """A report as it came; `text`, `json` and `xml` are worked out when first asked for, None when it is not one."""

    def __init__(self, raw: bytes) -> None:
        if not raw.strip(b"\0\t\r\n "):
            raise Unreadable("empty")
        if len(raw) > MAX_BYTES:
            raise Unreadable("too-large")
        self.raw = _unpack(raw)

    @cached_property
    def text(self) -> str | None:
        """The text, by its byte order mark, else UTF-8, else UTF-16 or Western; None for binary."""
        return _decode(self.raw)

    @cached_property
    def json(self) -> Any:
        """The JSON value, an object or an array; None when it is not JSON."""
        # lshw warns who is not root around its output, and people keep both in one file.
        text = re.sub(r"(?m)^WARNING: .*$", "", self.text or "").strip().strip("\0\ufeff").strip()
        if not text.startswith(("{", "[")):
            return None
        value = _load(text)
        return value if isinstance(value, dict | list) and _depth_ok(value) else None

    @cached_property
    def xml(self) -> Element | None:
        """The root element; None when it is not XML, or asks for entities, which no agent does."""
        if not self.raw.lstrip(b"\xef\xbb\xbf\xff\xfe\0\t\r\n ").startswith(b"<"):
            return None
        for source in (self.raw, (self.text or "").encode()):
            try:
                return _parse_xml(source)
            except (expat.ExpatError, LookupError, ValueError):
                continue
        return None


def parse_json(text: str) -> Any:
    """Return the value of a JSON text found inside a report, or None."""
    value = _load(text.strip())
    return value if _depth_ok(value) else None


def _unpack(raw: bytes) -> bytes:
    """Undo the zlib or gzip that agents send, up to the size a report may have."""
    if raw[:2] not in (b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda", b"\x78\x5e"):
        return raw
    engine = zlib.decompressobj(wbits=47)
    try:
        content = engine.decompress(raw, MAX_BYTES + 1)
    except zlib.error as error:
        raise Unreadable("broken-compression") from error
    if len(content) > MAX_BYTES:
        raise Unreadable("too-large")
    if not engine.eof:
        raise Unreadable("truncated")
    return content


def _decode(raw: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if b"\0" in raw[:4000]:
        head = raw[:4000]
        encoding = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        if head.count(0) * 3 < len(head):
            # Some NULs in a text: a log whose writer stopped in the middle of a block.
            encoding = "utf-8"
    else:
        encoding = "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    controls = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text[:20_000]))
    return None if controls * 10 > min(len(text), 20_000) else text


def _load(text: str) -> Any:
    def nothing(_: str) -> None:
        return None

    def bounded(digits: str) -> int | None:
        # Python itself refuses to read thousands of digits; one mad number is no reason to lose the report.
        return int(digits) if len(digits) <= 40 else None

    decoder = json.JSONDecoder(parse_constant=nothing, parse_int=bounded, strict=False)
    try:
        return decoder.decode(text)
    except RecursionError:
        return None
    except ValueError:
        pass
    # Old lshw -class writes its objects one after the other, with a comma or without, and no brackets.
    if not text.startswith("{"):
        return None
    found, at = [], 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        found.append(value)
        while at < len(text) and text[at] in ", \t\r\n":
            at += 1
    return found


def _depth_ok(value: Any) -> bool:
    """Tell whether a value is no deeper and no larger than a report may be; walked without recursion."""
    seen, level = 0, [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        seen += len(level)
        if not level:
            return True
        if seen > MAX_NODES:
            return False
    return False


def _parse_xml(source: bytes) -> Element:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    top = Element("")
    stack, count = [top], 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MAX_DEPTH or count > MAX_NODES:
            raise ValueError("too deep or too large")
        element = Element(name.rsplit(":", 1)[-1].upper())
        stack[-1].children.append(element)
        stack.append(element)

    def end(_: str) -> None:
        stack.pop()

    def data(text: str) -> None:
        stack[-1].text += text

    def refuse(*_: Any) -> None:
        raise ValueError("no report declares entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.EntityDeclHandler = refuse
    parser.Parse(source, True)
    if not top.children:
        raise ValueError("no element")
    return top.children[0]
