"""What readers share: safe conversions of foreign values, and the words of hardware turned into ours."""

import math
import re
from collections.abc import Iterable
from typing import Any

from refurb.core.equipment import Form
from refurb.devices.readings.reading import MediumType

_LONGEST = 300
_USUAL_GIB = (
    1,
    2,
    3,
    4,
    6,
    8,
    10,
    12,
    16,
    18,
    20,
    24,
    28,
    32,
    36,
    40,
    48,
    64,
    72,
    80,
    96,
    128,
    160,
    192,
    256,
    384,
    512,
)
#: What a tool prints where the firmware is silent, for names (serials have their own table, core/serials.py).
_NOTHING = re.compile(
    r"(?i)^(to be filled( by o\.?e\.?m\.?)?|fill(ed)? by oem|default string|system (product name|manufacturer|version|"
    r"model|sku)|not (specified|available|provided|applicable|present|set)|none|n/?a|null|unknown|undefined"
    r"|o\.?e\.?m\.?|"
    r"invalid|empty|\[empty\]|<unknown>|type1\w*|x\.x+|-+|0+|\?+|x{4,})\.?$"
)


def words(value: Any) -> str | None:
    """Return a text without control characters nor doubled spaces, cut to a bearable length; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value) if not isinstance(value, str) else value[: _LONGEST * 4]
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\ufeff]", " ", text).split())
    return text[:_LONGEST].strip() or None


def name(value: Any) -> str | None:
    """Return a text that says something, or None for what firmware writes when it has nothing to say."""
    text = words(value)
    return None if text is None or _NOTHING.match(text) else text


def number(value: Any) -> float | None:
    """Return a finite number of a sensible size, from a number or the text of one; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not (found := re.match(r"\s*(-?\d{1,25}(?:[.,]\d{1,20})?)", value)):
            return None
        value = found[1].replace(",", ".")
    elif not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except (OverflowError, ValueError):
        return None
    return result if math.isfinite(result) and abs(result) < 1e18 else None


def whole(value: Any, *, least: int = 0, most: int = 10**9) -> int | None:
    """Return a whole number within bounds, or None."""
    result = number(value)
    return int(result) if result is not None and least <= result <= most else None


def node(value: Any) -> dict[str, Any]:
    """Return the value when it is an object, else an empty one: readers then need no test at each step."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """Return the value as a list: itself, alone in one, or none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def size_gb(size: Any) -> int | None:
    """Return bytes as the gigabytes that makers print on a disk."""
    result = number(size)
    return round(result / 1e9) if result is not None and 0 < result < 1e16 else None


def installed_gib(sizes: Iterable[float | None]) -> int | float | None:
    """Return the sum of the installed modules, given in bytes, in GiB; a whole number wherever it is one."""
    known = [size for size in sizes if size]
    if not known:
        return None
    total = sum(known) / 2**30
    if not 0 < total <= 16_384:
        return None
    return round(total) if abs(total - round(total)) < 0.02 else round(total, 2)


def usual_gib(size: float | None) -> int | float | None:
    """Return a total seen by the system, in bytes, rounded up to the memory that must be there.

    Firmware and graphics keep a part: a machine of 8 GiB shows between 6.9 and 8.
    """
    if size is None or not 0 < (gib := size / 2**30) <= 16_384:
        return None
    if gib <= 0.53:
        return 0.5
    return next((usual for usual in _USUAL_GIB if gib <= usual * 1.01), round(gib))


# -- form -------------------------------------------------------------------------------------------------------------

_CHASSIS: tuple[tuple[str, Form], ...] = (
    (r"all[ -]?in[ -]?one|\baio\b", Form.ALL_IN_ONE),
    (r"mini ?pc|stick ?pc|mini-pc|stick-pc", Form.MINI_PC),
    (r"tablet", Form.TABLET),
    (r"smart ?phone|mobile phone|cell ?phone|hand ?held", Form.SMARTPHONE),
    (r"server|rack[ -]?mount|blade|multi-system|compactpci|advancedtca|raid chassis", Form.SERVER),
    (r"notebook|laptop|portable|netbook|convertible|detachable|ultrabook|chromebook|luggable", Form.LAPTOP),
    (
        r"desktop|tower|low[ -]profile|pizza ?box|space[ -]?saving|lunch ?box|sealed[ -]case|micro ?tower|workstation",
        Form.DESKTOP,
    ),
)
#: SMBIOS 7.4.1, as inxi and some agents give it: a number.
_CHASSIS_NUMBER = {
    **dict.fromkeys((3, 4, 5, 6, 7, 15, 16, 24), Form.DESKTOP),
    **dict.fromkeys((8, 9, 10, 14, 31, 32), Form.LAPTOP),
    **dict.fromkeys((17, 23, 25, 28, 29), Form.SERVER),
    **dict.fromkeys((35, 36), Form.MINI_PC),
    11: Form.SMARTPHONE,
    13: Form.ALL_IN_ONE,
    30: Form.TABLET,
}
#: Product names that say the form better than the chassis does: makers leave "Desktop" there, or nothing.
_PRODUCTS: tuple[tuple[str, Form], ...] = (
    (
        r"\ball[ -]?in[ -]?one\b|\baio\b|\bimac|\bproone\b|\beliteone\b|thinkcentre (m\d+z|edge \d+z|x1)|\btiny-in-one",
        Form.ALL_IN_ONE,
    ),
    (
        (
            r"\bnuc\d|\bnuc\b|mac ?mini|\btiny\b|desktop mini|\bdm \d+w|\bmini pc\b|\bbeelink|\bzbox\b|\bcubi\b"
            r"|\bbrix\b|chromebox"
            r"|raspberry pi|\bodroid|orange ?pi|banana ?pi|\brock ?(?:pi|\d)|\bpine ?64|beagle ?bone|jetson"
            r"|optiplex \d+ ?micro|optiplex micro|\bmicro (?:form factor|plus)\b|prodesk .*\bmini\b"
            r"|elitedesk .*\bmini\b|thinkcentre m\d+q"
        ),
        Form.MINI_PC,
    ),
    (r"poweredge|proliant|thinksystem|thinkserver|primergy|supermicro server", Form.SERVER),
)
_PORTABLES = re.compile(
    r"(?i)\b(thinkpad|latitude|elitebook|probook|zbook|macbook|ideapad|inspiron \d{2} ?\d{4}"
    r"|vostro 1?[3-5]\d{3}|travelmate|"
    r"aspire (?:one|[es]?\d|[a-z]\d)|extensa|satellite|tecra|portege|lifebook|vaio|eee ?pc|vivobook|zenbook"
    r"|pavilion (?:dv|g\d|notebook|laptop)|"
    r"notebook|laptop|chromebook|xps 1[3-7])"
)
_FIXED = re.compile(
    r"(?i)\b(optiplex|thinkcentre|thinkstation|prodesk|elitedesk|esprimo|veriton|vostro desktop"
    r"|precision (?:tower|t\d)|"
    r"compaq (?:pro|elite|8\d00|6\d00|dc\d)|powermate|imedia|z[1-8]\d{2} workstation)"
)


def chassis_form(chassis: Any) -> Form | None:
    """Return the form that a chassis says, by its word or its SMBIOS number."""
    text = words(chassis)
    if text is None:
        return None
    if text.isdecimal():
        return _CHASSIS_NUMBER.get(int(text)) if len(text) < 4 else None
    return next((form for pattern, form in _CHASSIS if re.search(rf"(?i){pattern}", text)), None)


def form_of(chassis: Iterable[Any], model: str | None, *, battery: bool = False) -> Form | None:
    """Return the form: what the product's name says plainly, else the chassis, else what its range always is."""
    by_chassis = next((form for form in map(chassis_form, chassis) if form), None)
    by_name = next((form for pattern, form in _PRODUCTS if model and re.search(rf"(?i){pattern}", model)), None)
    if by_name and by_chassis in (None, Form.DESKTOP, Form.MINI_PC):
        return by_name
    if by_chassis is None and model:
        if _PORTABLES.search(model):
            return Form.LAPTOP
        if _FIXED.search(model):
            return Form.DESKTOP
    return Form.LAPTOP if by_chassis is None and battery else by_chassis


_VIRTUAL = re.compile(
    r"(?i)virtualbox|vmware|\bqemu\b|\bkvm\b|\bbochs\b|\bxen\b|hvm domu|virtual machine|parallels|bhyve|innotek"
    r"|amazon ec2|"
    r"google compute|firecracker|openstack|\bdocker\b|\blxc\b|hyper-v"
)
_REAL = re.compile(r"(?i)^(physical|none|bare ?metal)?$")


def is_virtual(*texts: Any) -> bool:
    """Tell whether a maker, a product or an agent's own word says that the machine is a virtual one."""
    return any(_VIRTUAL.search(text) for text in map(words, texts) if text and not _REAL.match(text))


# -- media, cameras, radios ------------------------------------------------------------------------------------------

_NVME = re.compile(r"(?i)\bnvme\b|non-volatile memory")
_SSD = re.compile(
    r"(?i)\bssd|ssd\b|solid.?state|^kingston s(a4|v3|uv|kc|hfs|nv|ms|vp)|^sv\d00s|^sa400|^sandisk s[dds]|^sdssd"
    r"|^crucial_?ct|^ct\d+[a-z]|^m4-ct|^c[34]00-"
    r"|^samsung mz|^mz[-7a]|^liteon|^lite-on|^lmt-|^lcs-|^cv\d-|^toshiba (thns|tr\d|q[- ]?series|vt180|kxg|ksg)"
    r"|^thns|^kxg|^ksg"
    r"|^hfs\d|^sk ?hynix|^hynix|^micron|^mtfd|^ocz|^vertex|^agility|^intel ssd|^ssds[ac]|^apple ssd"
    r"|^corsair force|^force |^pny|^adata s"
    r"|^su[68]\d\d|^sp\d{3}|^patriot|^ts\d+gssd|^wds\d|^wdc wds|^wdc pc|^emtec x|^goodram|^foresee|^biwin"
    r"|^kingspec|^kingchuxing|^netac"
    r"|^lexar|^verbatim vi|^phison|^plextor px|^drevo|^teclast|^gigabyte gp|^silicon power|^sp00|^integral"
    r"|^intenso|^transcend|^bx\d|^mx\d"
)
_HDD = re.compile(
    r"(?i)^wdc wd\d|^wd\d{3,}|^(seagate )?st\d{3,}|^hitachi|^hgst|^ht[se]\d|^h[du][sat]\d|^toshiba (mk|mq|dt|hd"
    r"|md|mg)|^m[kq]\d{4}|^dt01"
    r"|^samsung (hd|hm|hn|sp|sv|mp)\d?|^maxtor|^fujitsu m|^mh[tvwyz]\d|^ic\d\d|^quantum|^excelstor"
    r"|^hd\d{3}[a-z]{2}|^hn-m"
)
_EMMC = re.compile(r"(?i)\bemmc\b|mmcblk")
_EXTERNAL_CAMERA = re.compile(
    r"(?i)logitech|\bc(2|3|5|6|9)\d0\w?\b|lifecam|brio|creative|trust|razer|elgato|aukey|obs virtual|v4l2loopback|dummy"
)
_CAMERA = re.compile(
    r"(?i)web ?cam|camera|\buvc\b|facetime|isight|easycamera|truevision|hd video|integrated_?webcam|lenovo easy"
)
_WIFI = re.compile(
    r"(?i)802\.11|wi-?fi|wireless|wlan|airport|centrino (advanced|ultimate|wireless)|\bax(2|4)\d\d\b"
    r"|\b(dual band )?ac ?\d{4}\b"
    r"|\bar(5|9)\d{3}\b|\bqca(6|9)\d+|\bbcm43\d+|\brtl8(1(87|88|91|92)|7\d\d|8(1|2|5)\d)[a-z]*\b|\bmt76\d\d"
    r"|\bmt79\d\d|pro/wireless"
)


def medium_type(*texts: Any, rotation: Any = None) -> MediumType | None:
    """Return how a disk keeps its bytes, from its rotation or what its names say; None when nothing tells."""
    said = [text for text in map(words, texts) if text]
    if any(_EMMC.search(text) for text in said):
        return MediumType.EMMC
    if any(_NVME.search(text) or "nvme" in text for text in said):
        return MediumType.NVME
    turns = number(rotation)
    if turns is not None:
        return MediumType.HDD if turns > 0 else MediumType.SSD
    if any(_SSD.search(text) for text in said):
        return MediumType.SSD
    return MediumType.HDD if any(_HDD.search(text) for text in said) else None


def is_camera(*texts: Any) -> bool:
    """Tell whether these names are of a camera that belongs to the machine: a plugged webcam leaves with its owner."""
    said = " ".join(text for text in map(words, texts) if text)
    return bool(_CAMERA.search(said)) and not _EXTERNAL_CAMERA.search(said)


def is_wifi(*texts: Any) -> bool:
    """Tell whether these names are of a Wi-Fi adapter."""
    return any(_WIFI.search(text) for text in map(words, texts) if text)


def best_gpu(found: Iterable[str | None]) -> str | None:
    """Return the graphics that count: the separate card where there is one."""
    known = list(dict.fromkeys(text for text in found if text))
    separate = [
        text for text in known if re.search(r"(?i)nvidia|geforce|quadro|radeon (r[579x]|hd|rx|pro)|firepro", text)
    ]
    return next(iter(separate or known), None)
