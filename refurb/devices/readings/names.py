"""Names that people know: makers' products behind their type codes, processors without their trademarks."""

import re
from typing import Any

from refurb.devices.readings.facts import name, words
from refurb.devices.readings.lenovo import LENOVO_TYPES

_BY_TYPE = {code: product for product, codes in LENOVO_TYPES.items() for code in codes.split()}
_TYPE_CODE = re.compile(r"^(?:LENOVO_MT_)?(\d[0-9A-Z]{3}[0-9A-Z]{0,8})(?:_.*)?$")
_SAYS_NOTHING = re.compile(
    r"(?i)^(lenovo( product)?|thinkpad|thinkcentre|lenovo (thinkpad|thinkcentre)|v?\d+(\.\d+)*|no ?k|not? dpk"
    r"|win\d*.*|sdk.*)$"
)


def machine_model(maker: Any, product: Any, *, version: Any = None, family: Any = None, sku: Any = None) -> str | None:
    """Return the product as people call it.

    lshw writes the SKU behind the product, in brackets; Lenovo writes its type code as the product, and the name that
    is on the lid as the version or the family.
    """
    model = name(product)
    if (
        model
        and (found := re.match(r"^(.+?)\s*\(([^()]*)\)$", model))
        and (not words(sku) or found[2] == words(sku) or found[1] == found[2])
    ):
        model = name(found[1])
    if "lenovo" not in (words(maker) or "").lower():
        return model
    code = _TYPE_CODE.match(model.upper()) if model else None
    if model and not code:
        return model
    for text in (name(version), name(family)):
        if text and not _SAYS_NOTHING.match(text) and re.search("[A-Za-z]{2}", text):
            return text
    return _BY_TYPE.get(code[1][:4], model) if code else model


def short_model(maker: Any, model: str | None) -> str | None:
    """Return the product without the maker's own name before it, for where the maker stands beside it."""
    first = (words(maker) or "").split(" ")[0].strip(",.")
    if model and len(first) > 1 and model.lower().startswith(f"{first.lower()} ") and len(model) > len(first) + 2:
        return model[len(first) + 1 :].strip()
    return model


def cpu_name(model: Any) -> str | None:
    """Return the processor without trademarks, frequency and the words that every one of them carries."""
    text = name(model)
    if text is None:
        return None
    text = re.sub(r"(?i)\((r|tm|c)\)|[®™]", " ", text)
    text = re.sub(r"(?i)\bcore ?2\b", "Core 2", re.sub(r"(?i)\bcore\s+2\b", "Core 2", text))
    text = re.sub(r"(?i)\s*@.*$|\bw(ith|/) .*(graphics|gfx|radeon|npu).*$|\bradeon r\d.*$", " ", text)
    text = re.sub(
        r"(?i)\b(cpu|processor|apu|(\d+|dual|quad|six|eight|two|four)-core( processor)?|technology)\b", " ", text
    )
    text = re.sub(r"(?i)\b\d+(st|nd|rd|th) gen\b|\b0+$|\b\d+([.,]\d+)? ?[gm]hz\b", " ", text)
    text = " ".join(text.split()).strip(" ,-")
    text = re.sub(r"^(Intel|AMD) (Corp(oration)?\.?|Inc\.?) ", r"\1 ", text)
    # Workbench writes names in title case: "Intel Core I5-4200m".
    text = re.sub(r"\bCore I([3579])-(\w+)", lambda found: f"Core i{found[1]}-{found[2].upper()}", text)
    return text or None
