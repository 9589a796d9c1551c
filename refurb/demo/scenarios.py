"""Matching scenarios drawn from a seed: for tests and benchmarks, of the shape of a département."""

import random
from collections.abc import Mapping
from typing import Any

FORMS = ("laptop", "laptop", "laptop", "desktop", "all_in_one", "tablet")
MODELS = ("Latitude 5480", "ProBook 450 G6", "ThinkPad T470", "OptiPlex 7050", "EliteDesk 800 G3", "Galaxy Tab A7")
CHARGERS = ("dell-7.4-65", "hp-blue-65", "usb-c-65", None)
MINIMA: tuple[dict[str, Any], ...] = (
    {"class": 0, "ram_gb": 4, "storage_gb": 64},
    {"class": 1, "ram_gb": 4, "storage_gb": 120},
    {"class": 2, "ram_gb": 8, "storage_gb": 240, "webcam": True, "battery_pct": 60},
    {"class": 3, "ram_gb": 8, "storage_gb": 256, "battery_pct": 70},
    {"class": 2, "ram_gb": 8, "storage_gb": 240, "screen_in": 22},
    {},
)
MODES = (["gift", "loan"], ["gift", "loan", "solidarity_sale"], ["loan"], ["gift"])
WANTED = (["gift"], ["gift", "loan"], ["gift", "solidarity_sale"], ["gift", "loan", "solidarity_sale"], ["loan"])
EPCI = 9
COMMUNES = 4


def draw(
    seed: int, devices: int, needs: int, *, bundles: int = 0, epci: int = EPCI, prescribers: int = 0, points: int = 120
) -> dict[str, Any]:
    """Return a scenario of so many devices and needs; the same seed gives the same one."""
    rng = random.Random(seed)
    codes = [f"2000{i:05d}" for i in range(epci)]
    services = [f"P{i:03d}" for i in range(prescribers or max(2, needs // 25))]
    stock = [_device(rng, i, codes) for i in range(devices)]
    asked = [_need(rng, i, codes, services, points) for i in range(needs)]
    teams: dict[str, Any] = {}
    for b in range(bundles):
        size = rng.randint(2, 4)
        if len(asked) < size:
            break
        name = f"B{b}"
        teams[name] = {"same": rng.choice([None, "model", "charger"])}
        like = rng.choice(asked)
        for k in range(size):
            asked.append({**like, "id": f"N{name}{k}", "bundle": name, "points": like["points"]})
    policy = _policy(rng, codes, services, len(stock), len(asked))
    return {
        "version": 1,
        "date": "2026-11-21",
        "seed": f"seed-{seed}",
        "policy": policy,
        "devices": stock,
        "needs": asked,
        "bundles": teams,
    }


def _site(rng: random.Random, codes: list[str]) -> dict[str, str]:
    at = min(int(rng.expovariate(0.35)), len(codes) - 1)
    commune = f"49{at:02d}{rng.randrange(COMMUNES)}"
    return {"commune": commune, "epci": codes[at], "departement": "49"}


def _device(rng: random.Random, number: int, codes: list[str]) -> dict[str, Any]:
    form, site = rng.choice(FORMS), _site(rng, codes)
    return {
        "id": f"R{number:08d}",
        "form": form,
        "model": rng.choice(MODELS),
        "charger": rng.choice(CHARGERS),
        "class": rng.choice((0, 1, 1, 2, 2, 2, 3, 3, 4)),
        "ram_gb": rng.choice((4, 8, 8, 16)),
        "storage_gb": rng.choice((0, 120, 240, 256, 512)),
        "screen_in": rng.choice((14.0, 15.6, 22.0, None)),
        "webcam": rng.choice((True, True, False, None)),
        "battery_pct": rng.choice((0, 55, 65, 80, 92)) if form in ("laptop", "tablet") else None,
        "os": rng.choice(("linux", "linux", "linux", "windows")),
        "modes": rng.choice(MODES),
        "recipients": rng.choice((["household"], ["household", "structure"], ["household", "structure"])),
        **site,
        "reach": rng.choice((None, None, None, sorted({site["epci"], rng.choice(codes)}))),
        "in_stock_since": f"2026-{rng.randint(5, 10):02d}-{rng.randint(1, 28):02d}",
    }


def _need(rng: random.Random, number: int, codes: list[str], services: list[str], points: int) -> dict[str, Any]:
    return {
        "id": f"N{number:08d}",
        "forms": rng.choice((["laptop"], ["laptop", "tablet"], ["desktop", "all_in_one"], list(dict.fromkeys(FORMS)))),
        "min": dict(rng.choice(MINIMA)),
        "os": rng.choice(("any", "any", "any", "linux", "windows")),
        "modes": rng.choice(WANTED),
        "recipient": rng.choice(("household", "household", "household", "structure")),
        **_site(rng, codes),
        "prescriber": rng.choice(services),
        "points": rng.randint(1, points),
        "validated_on": f"2026-{rng.randint(6, 10):02d}-{rng.randint(1, 28):02d}",
        "bundle": None,
    }


def _policy(rng: random.Random, codes: list[str], services: list[str], stock: int, asked: int) -> Mapping[str, Any]:
    size = max(1, min(stock, asked) // (3 * len(codes)))
    floors = {f"household/epci:{code}": rng.randint(1, size) for code in codes if rng.random() < 0.7}
    caps = {"structure": max(1, stock // 8)}
    for code in rng.sample(codes, k=min(2, len(codes))):
        caps[f"household/epci:{code}"] = rng.randint(1, 3 * size)
        caps[f"household/epci:{code}/prescriber:{rng.choice(services)}"] = rng.randint(1, size)
    return {"floors": floors, "caps": caps}
