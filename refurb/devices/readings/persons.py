"""Take out of a report what it says of persons, once it is read: users, software, processes, addresses (design.md 3).

What is left reads the same: no reader looks at what is dropped here.
"""

import json
import re
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from refurb.devices.readings.document import Document, Element, parse_json

#: Sections that go whole, wherever they stand.
_SECTIONS = re.compile(
    r"users?|local_(users|groups)|softwares?|process(es)?|licenseinfos|licenses|antivirus|accesslog|printers"
    r"|remote_mgmts?|envs|environment|databases_services|download|registry|javainfos|journallog|lastloggedusers"
)
#: Single values that name a person, a place on the network, or a machine by its owner's word.
_VALUES = re.compile(
    r"user(id|domain|name)|login|lastlogged\w*|datelastlogged\w*|lastuser|win(owner|company|prodkey)|workgroup|operator_?id|e-?mail"
    r"|fqdn|dns|dns_domain|defaultgateway|ip|ip(addr|address|address6|gateway|mask|mask6|subnet|subnet6|dhcp)|hostname"
    r"|lastmountpoint|mount\.options"
)
#: Texts of a snapshot that are JSON themselves.
_NESTED = frozenset({"lshw", "inxi", "smartctl", "output"})
_LIVE_OR_DEVICE = re.compile(
    r"^(/dev/|/usr/lib/live/|/lib/live/|/run/(live|archiso|initramfs)|/cdrom|/isodevice|/live/|[^/])"
)


def without_persons(document: Document) -> bytes:
    """Return the report less what it says of persons; the very same bytes where it says nothing."""
    if isinstance(document.json, dict | list):
        kept = _cleaned(document.json)
        if isinstance(kept, dict) and kept.get("class") == "system" and isinstance(kept.get("id"), str):
            # lshw calls the machine by its name on the network.
            kept["id"] = "machine"
        return (
            document.raw if kept == document.json else json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
        )
    if document.xml is not None:
        kept_xml = _cleaned_xml(document.xml, "")
        return (
            document.raw
            if kept_xml == document.xml
            else b'<?xml version="1.0" encoding="UTF-8"?>\n' + _written(kept_xml)
        )
    return document.raw


def _drops(key: str, value: Any, holder: str) -> bool:
    if isinstance(value, dict | list):
        return _is_section(key)
    return _is_value(key) or (holder == "hardware" and key.lower() == "name")


# A report of hundreds of kilobytes has some hundred different keys.
@lru_cache(maxsize=4096)
def _is_section(key: str) -> bool:
    return bool(_SECTIONS.fullmatch(key.lower()))


@lru_cache(maxsize=4096)
def _is_value(key: str) -> bool:
    return bool(_VALUES.fullmatch(key.lower()))


def _cleaned(value: Any, holder: str = "") -> Any:
    if isinstance(value, list):
        return [_cleaned(item, holder) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        name = str(key).rsplit("#", 1)[-1]
        if _drops(name, item, holder):
            continue
        if name in _NESTED and isinstance(item, str) and isinstance(parsed := parse_json(item), dict | list):
            inner = _cleaned(parsed, name)
            kept[key] = item if inner == parsed else json.dumps(inner, ensure_ascii=False)
        elif name == "logicalname":
            kept[key] = _paths(item)
        else:
            kept[key] = _cleaned(item, name.lower())
    return kept


def _paths(value: Any) -> Any:
    """Keep the devices and the live system's own mount points: a place under /home or /media bears a person's name."""
    if isinstance(value, list):
        return [path for path in value if not isinstance(path, str) or _LIVE_OR_DEVICE.match(path)]
    return value if not isinstance(value, str) or _LIVE_OR_DEVICE.match(value) else ""


def _cleaned_xml(element: Element, holder: str) -> Element:
    kept = Element(element.name, element.text)
    for child in element.children:
        section = child.children and _is_section(child.name)
        if section or (not child.children and _drops(child.name, child.text, holder)):
            continue
        kept.children.append(_cleaned_xml(child, element.name.lower() if not child.children else child.name.lower()))
    return kept


def _written(element: Element) -> bytes:
    parts: list[str] = []
    _write(element, parts)
    return "".join(parts).encode("utf-8", "replace")


def _write(element: Element, parts: list[str]) -> None:
    parts.append(f"<{element.name}>")
    if element.children:
        for child in element.children:
            _write(child, parts)
    else:
        parts.append(escape(element.text))
    parts.append(f"</{element.name}>")
