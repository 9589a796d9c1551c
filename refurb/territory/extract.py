"""Cut one département out of @etalab/decoupage-administratif; scripts/extract-territory runs it, the app never does.

The package is asked from npm's own client, so that nothing is fetched at run time and the extract says which vintage
it came from.
"""

import argparse
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@etalab/decoupage-administratif"
VERSION = "6.0.0"
#: The package names the year of the official geographic code by its version; 6 is 2026.
VINTAGES = {"5": 2025, "6": 2026}
DATA = Path(__file__).parent / "data"

Row = dict[str, Any]


def download(version: str, folder: Path) -> Path:
    """Return the unpacked data folder of the package, fetched by `npm pack` into `folder`."""
    subprocess.run(  # noqa: S603 - the package and version are ours or typed by the developer
        ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{version}"],  # noqa: S607
        check=True,
        cwd=folder,
    )
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package" / "data"


def extract(data: Path, departement: str, version: str) -> Row:
    """Return the communes, former communes, EPCI and arrondissements of one département, in a compact shape.

    A former commune counts when its head commune is in the département, wherever it lay itself; an EPCI counts when it
    has a member there, wherever it is based, and `members` then lists the others too (by code).
    """
    everywhere: list[Row] = json.loads((data / "communes.json").read_text())
    current = [row for row in everywhere if row["type"] == "commune-actuelle" and row.get("departement") == departement]
    codes = {row["code"] for row in current}
    if not codes:
        raise SystemExit(f"no commune in département {departement}")
    epci_of: dict[str, str] = {}
    groups = []
    for row in json.loads((data / "epci.json").read_text()):
        members = sorted(member["code"] for member in row["membres"])
        inside = codes.intersection(members)
        if not inside:
            continue
        epci_of.update(dict.fromkeys(inside, row["code"]))
        groups.append({"code": row["code"], "name": _plain(row["nom"]), "kind": row["type"], "members": members})
    former = [
        [row["code"], row["nom"], "associated" if row["type"] == "commune-associee" else "delegated", row["chefLieu"]]
        for row in everywhere
        if row["type"] in ("commune-deleguee", "commune-associee") and row["chefLieu"] in codes
    ]
    named = {row[0] for row in former}
    # A code that lives on without a name of its own still re-keys old files.
    former += [
        [old, None, "old_code", row["code"]]
        for row in current
        for old in row.get("anciensCodes", [])
        if old not in named and old not in codes
    ]
    place = next(row for row in json.loads((data / "departements.json").read_text()) if row["code"] == departement)
    return {
        "source": {"package": PACKAGE, "version": version, "vintage": VINTAGES.get(version.split(".")[0])},
        "departement": {"code": departement, "name": place["nom"], "region": place["region"]},
        "arrondissements": sorted(
            [row["code"], row["nom"]]
            for row in json.loads((data / "arrondissements.json").read_text())
            if row["departement"] == departement
        ),
        "epci": sorted(groups, key=lambda row: row["code"]),
        "communes": [
            [
                row["code"],
                row["nom"],
                row.get("codesPostaux", []),
                row.get("population", 0),
                row["arrondissement"],
                epci_of.get(row["code"]),
            ]
            for row in sorted(current, key=lambda row: row["code"])
        ],
        "former": sorted(former, key=lambda row: (row[0], row[3])),
    }


def _plain(name: str) -> str:
    """Return an EPCI's name without its legal initials, as people say it."""
    for prefix in ("CA ", "CC ", "CU ", "METRO "):
        name = name.removeprefix(prefix)
    for article in ("des ", "du ", "de la ", "de l'", "de "):
        if name.startswith(article):
            rest = name.removeprefix(article)
            return rest[:1].upper() + rest[1:]
    return name


def write(extracted: Row, path: Path) -> None:
    """Write one row a line: compact, and a change of vintage still reads in a diff."""
    lines = []
    for key, value in extracted.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            lines.append(f'"{key}":[\n{rows}\n]')
        else:
            lines.append(f'"{key}":{json.dumps(value, ensure_ascii=False)}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--departement", default="49", help="its code: 49, 2A, 974")
    parser.add_argument("--version", default=VERSION, help="version of the package, which is a vintage")
    parser.add_argument("--from", dest="folder", type=Path, help="data folder of a package already unpacked")
    parser.add_argument("--output", type=Path, help="default: refurb/territory/data/<departement>.json")
    args = parser.parse_args()
    output = args.output or DATA / f"{args.departement}.json"
    if args.folder:
        extracted = extract(args.folder, args.departement, args.version)
    else:
        with tempfile.TemporaryDirectory() as folder:
            extracted = extract(download(args.version, Path(folder)), args.departement, args.version)
    write(extracted, output)
    print(
        f"{output}: {len(extracted['communes'])} communes, {len(extracted['former'])} former ones, "
        f"{len(extracted['epci'])} EPCI"
    )


if __name__ == "__main__":
    main()
