"""A PostgreSQL server of our own for the tests, made of the system's binaries: 0.7 s up, 0.1 s down.

pg_ctl refuses root, so as root everything goes through the `postgres` user that Debian's package makes.
"""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from tests.guard import Guard

MISSING = "PostgreSQL's server is not installed (Debian: apt install postgresql)"
#: Nothing of a test outlives it, so nothing need reach the disk.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
#: What PostgreSQL does where nobody says otherwise: a commit is on the disk before it is told.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version first; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("pg_ctl")
    return Path(elsewhere).resolve().parent if elsewhere else None


class Server:
    """One server in a temporary folder, reached by a socket there and nowhere else."""

    def __init__(self, *, durable: bool = False) -> None:
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
        settings = {"unix_socket_directories": str(self.folder), "listen_addresses": "", "max_connections": "60"}
        settings |= DURABLE if durable else FAST
        self.options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        stop = shlex.join(self._command("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate"))
        self._guard = Guard(f"{stop}; rm -rf {shlex.quote(str(self.folder))}")
        self.start()

    def start(self) -> None:
        """Start it, after kill() too: it mends itself from its log of writes."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-o", self.options, "-l", log)

    def kill(self) -> None:
        """End every process of it with SIGKILL, as a power cut does."""
        lock = self.data / "postmaster.pid"
        first = int(lock.read_text().split()[0])
        # Stopped, it makes no new ones while the others are counted.
        os.kill(first, signal.SIGSTOP)
        every = [first, *_children(first)]
        for number in every:
            # One may just have ended by itself.
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while any(map(_lives, every)):
            assert time.monotonic() < deadline, "PostgreSQL outlives SIGKILL"
            time.sleep(0.01)
        # A dead process that nobody has buried still bears its number, and the next server would take it for alive.
        for left in (lock, *self.folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [str(self.bin / program), *arguments]
        return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command

    def _run(self, program: str, *arguments: str, must: bool = True) -> None:
        command = self._command(program, *arguments)
        # pg_ctl's child would hold a pipe open for ever: the server's words go to its log file.
        kept = subprocess.PIPE if program == "initdb" else None
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=kept, stdin=subprocess.DEVNULL, cwd="/", check=False
        )
        if must and done.returncode:
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
            # Files copied as they are, where page by page through the log is what a newer server does unasked.
            copied = "STRATEGY FILE_COPY" if (engine.dialect.server_version_info or ()) >= (15,) else ""
            connection.execute(sa.text(f'CREATE DATABASE "{database}" TEMPLATE "{template}" {copied}'))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))

    def stop(self) -> None:
        """Stop at once and forget everything, one that fell already too."""
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-w", must=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._guard.release()


def _status(number: int) -> list[str]:
    """Return the state of a process and the number of its parent, as /proc says them; nothing for one that is gone."""
    try:
        # After the name, which may hold anything, in brackets.
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return []


def _children(number: int) -> list[int]:
    every = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [one for one in every if _status(one)[1:] == [str(number)]]


def _lives(number: int) -> bool:
    return _status(number)[:1] not in ([], ["Z"])
