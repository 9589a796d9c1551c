"""A PostgreSQL server of our own for the tests, made of the system's binaries: 0.7 s up, 0.1 s down.

pg_ctl refuses root, so as root everything goes through the `postgres` user that Debian's package makes.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa

MISSING = "PostgreSQL's server is not installed (Debian: apt install postgresql)"


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version first; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("pg_ctl")
    return Path(elsewhere).resolve().parent if elsewhere else None


class Server:
    """One server in a temporary folder, reached by a socket there and nowhere else."""

    def __init__(self) -> None:
        where = binaries()
        if where is None:
            raise RuntimeError(MISSING)
        self.bin = where
        # A short path: a socket's name is at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.data = self.folder / "data"
        self._run("initdb", "--pgdata", str(self.data), "--no-sync", "-A", "trust", "-U", "postgres",
                  "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        settings = {
            "unix_socket_directories": str(self.folder),
            "listen_addresses": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": "60",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-o", options, "-l", log)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # pg_ctl's child would hold a pipe open for ever: the server's words go to its log file.
        kept = subprocess.PIPE if program == "initdb" else None
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=kept, stdin=subprocess.DEVNULL, cwd="/", check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {(done.stderr or b'').decode(errors='replace')}")

    def url(self, database: str) -> sa.URL:
        """Return the address of one of its databases."""
        return sa.URL.create(
            "postgresql+psycopg", username="postgres", database=database, query={"host": str(self.folder)}
        )

    def create(self, database: str, template: str = "template1") -> sa.URL:
        """Create a database, a copy of `template`; return its address."""
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{database}" TEMPLATE "{template}"'))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))

    def stop(self) -> None:
        """Stop at once and forget everything."""
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-w")
        shutil.rmtree(self.folder, ignore_errors=True)
