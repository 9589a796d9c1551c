"""Ship the package with its data, and templates/ and static/ as refurb.templates and refurb.static."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (HERE / "refurb" / "__init__.py").read_text()).group(1)

setup(
    name="refurb",
    version=VERSION,
    description="Donated computers, from the organisations that give them to the households that receive them",
    long_description=(HERE / "README.md").read_text() if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="AGPL-3.0-or-later",
    python_requires=">=3.11",
    packages=[*find_packages(include=["refurb", "refurb.*"]), "refurb.templates", "refurb.static"],
    package_dir={"refurb.templates": "templates", "refurb.static": "static"},
    package_data={"refurb": ["**/*"], "refurb.templates": ["**/*"], "refurb.static": ["**/*"]},
    install_requires=[
        "alembic>=1.20,<2",
        "argon2-cffi>=25.1,<26",
        "babel>=2.17",
        "click>=8.1",
        "clevercsv>=0.8.5,<0.9",
        "cryptography>=50,<60",
        "email-validator>=2.2,<3",
        "flask>=3.1.3,<3.2",
        "flask-babel>=4.0,<5",
        "flask-mailman>=1.1.1,<2",
        "flask-sqlalchemy-lite>=0.2.1,<0.3",
        "flask-talisman>=1.1,<2",
        "flask-wtf>=1.3,<2",
        "gunicorn>=27,<28",
        "huey>=3.5.4,<4",
        "openpyxl>=3.1.5,<4",
        "ortools>=9.15,<9.16",
        "peewee>=4.5,<5",
        "psycopg[binary]>=3.3.9,<4",
        "pyotp>=2.9,<3",
        "pyhanko>=0.38,<0.39",
        "python-barcode>=0.16.1,<0.17",
        "python-calamine>=0.9.1,<0.10",
        "python-stdnum>=2.0,<3",
        "reportlab>=5.1,<6",
        "sqlalchemy>=2.1.9,<2.2",
        "structlog>=26.1,<27",
        "typst>=0.15.2,<0.16",
        "tzdata",
        "wtforms>=3.2,<4",
        "xlsxwriter>=3.3,<4",
        "zxing-cpp>=3.1.1,<4",
    ],
    extras_require={
        "test": [
            "aiosmtpd>=1.4.6",
            "beautifulsoup4>=4.12",
            "hypothesis>=6.170",
            "mypy>=2.4",
            "odfpy>=1.4",
            "pikepdf>=9",
            "pillow>=12",
            "pypdfium2>=5.15",
            "pytest>=8.3",
            "pytest-flask>=1.3",
            "playwright>=1.58",
            "pytest-randomly>=3.16",
            "pytest-socket>=0.7",
            "pytest-xdist>=3.6",
            "pyzbar>=0.1.9",
            "ruff>=0.17",
            "types-openpyxl",
            "types-reportlab",
        ],
    },
    entry_points={"console_scripts": ["refurb=refurb.cli.main:main"]},
)
