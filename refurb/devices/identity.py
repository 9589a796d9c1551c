"""How a machine is told from another: folded maker and serial, and what to do with a serial that is none."""

import re

from refurb.core.serials import fold_serial, normalise_serial, serial_trusted

#: Names of one maker, folded, as firmware and labels spell them.
_SAME = {
    "HEWLETTPACKARD": "HP",
    "HPINC": "HP",
    "HEWLETTPACKARDCOMPANY": "HP",
    "HEWLETTPACKARDENTERPRISE": "HPE",
    "DELLINC": "DELL",
    "DELLCOMPUTERCORPORATION": "DELL",
    "ASUSTEKCOMPUTERINC": "ASUS",
    "ASUSTEK": "ASUS",
    "ACERINC": "ACER",
    "ACERINCORPORATED": "ACER",
    "LENOVOGROUPLIMITED": "LENOVO",
    "FUJITSUSIEMENS": "FUJITSU",
    "FUJITSUCLIENTCOMPUTINGLIMITED": "FUJITSU",
    "TOSHIBACORPORATION": "TOSHIBA",
    "DYNABOOKINC": "DYNABOOK",
    "SAMSUNGELECTRONICSCOLTD": "SAMSUNG",
    "SAMSUNGELECTRONICS": "SAMSUNG",
    "APPLEINC": "APPLE",
    "MICROSTARINTERNATIONALCOLTD": "MSI",
    "MICROSTARINTERNATIONAL": "MSI",
    "MICROSOFTCORPORATION": "MICROSOFT",
}


def maker_key(maker: str | None) -> str | None:
    """Return the folded name of a maker, one for all its spellings."""
    folded = re.sub(r"[^0-9A-Z]", "", (maker or "").upper())
    return _SAME.get(folded, folded)[:100] or None


def serial_key(serial: str | None) -> str | None:
    """Return the folded serial that doubles are found by."""
    return fold_serial(serial or "")[:100] or None


def identity_columns(maker: str | None, model: str | None, serial: str | None) -> dict[str, object]:
    """Return the columns of Device that say which machine it is."""
    maker, model = (maker or "").strip() or None, (model or "").strip() or None
    serial = normalise_serial(serial)[:100] if serial and serial.strip() else None
    return {
        "maker": maker[:100] if maker else None,
        "model": model[:200] if model else None,
        "serial": serial,
        "maker_key": maker_key(maker),
        "serial_key": serial_key(serial),
        # The index holds one serial per maker: without a maker, a serial alone proves nothing.
        "serial_trusted": bool(maker) and serial_trusted(maker, serial),
    }
