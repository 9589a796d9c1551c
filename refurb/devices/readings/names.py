"""Names that people know: makers' products behind their type codes, processors without their trademarks."""

import re
from typing import Any

from refurb.devices.readings.facts import name, words

#: First four signs of a Lenovo machine type, where neither the version nor the family names the product.
LENOVO_TYPES = {
    "ThinkPad T420": "4177 4178 4180 4236",
    "ThinkPad T430": "2342 2344 2347 2349",
    "ThinkPad T430s": "2352 2353 2355 2356",
    "ThinkPad T440": "20B6 20B7",
    "ThinkPad T440p": "20AN 20AW",
    "ThinkPad T440s": "20AQ 20AR",
    "ThinkPad T450": "20BU 20BV",
    "ThinkPad T450s": "20BW 20BX",
    "ThinkPad T460": "20FM 20FN",
    "ThinkPad T460s": "20F9 20FA",
    "ThinkPad T470": "20HD 20HE 20JM 20JN",
    "ThinkPad T470s": "20HF 20HG 20JS 20JT",
    "ThinkPad T480": "20L5 20L6",
    "ThinkPad T480s": "20L7 20L8",
    "ThinkPad T490": "20N2 20N3",
    "ThinkPad T530": "2359 2392 2394 2429",
    "ThinkPad X220": "4286 4287 4290 4291",
    "ThinkPad X230": "2320 2324 2325 2330",
    "ThinkPad X240": "20AL 20AM",
    "ThinkPad X250": "20CL 20CM",
    "ThinkPad X260": "20F5 20F6",
    "ThinkPad X270": "20HM 20HN 20K5 20K6",
    "ThinkPad X280": "20KE 20KF",
    "ThinkPad L440": "20AS 20AT",
    "ThinkPad L450": "20DS 20DT",
    "ThinkPad L460": "20FU 20FV",
    "ThinkPad L470": "20J4 20J5",
    "ThinkCentre M73": "10B4 10B5 10B6 10B7",
    "ThinkCentre M83": "10AH 10AG 10AL 10AM",
    "ThinkCentre M93p": "10A6 10A7 10A8 10A9 10AA 10AB",
}
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
