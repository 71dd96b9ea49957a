"""Other billing programs doing their nearest job, each in an environment of its own from the package index.

Their jobs are in ``bench/foreign``. Each is asked for one invoice for each of 1,000 customers with one
subscription to one monthly plan, on the same PostgreSQL: less than ours does for an account.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._steps import ROOT, measured

CUSTOMERS = 1_000
PROGRAMS = {
    # job, Python, packages
    "django_silver": (
        "bench.foreign.silver_job",
        "3.11",  # it wants Django 3.2, which knows no later one
        ["django-silver==0.11.1", "psycopg2-binary<2.10", "setuptools<81", "typing-extensions"],
    ),
    "django_plans": (
        "bench.foreign.plans_job",
        sys.executable,
        ["django-plans==2.8.2", "psycopg[binary]"],
    ),
}


class LeftOut(Exception):
    """A program could not be installed or did not do its job; the message says why."""


def invoices_a_second(name: str, database_url: str) -> float:
    """This function will install a program, give it an empty database, and measure its job.

    Raises LeftOut.
    """
    job, python, packages = PROGRAMS[name]
    with tempfile.TemporaryDirectory(prefix="switchroom-bench-") as folder:
        _install(Path(folder), python, packages)
        try:
            done = measured(
                [[job, database_url, str(CUSTOMERS)]],
                environment={"PYTHONWARNINGS": "ignore"},
                python=f"{folder}/bin/python",
            )
        except RuntimeError as why:
            raise LeftOut(str(why)) from why
    invoices: int = done["told"][0]["invoices"]
    if invoices != CUSTOMERS:
        raise LeftOut(f"it wrote {invoices} invoices for {CUSTOMERS} customers")
    seconds: float = done["seconds"]
    return invoices / seconds


def _install(folder: Path, python: str, packages: list[str]) -> None:
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    for command in (
        [uv, "venv", "--quiet", "--python", python, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", f"{folder}/bin/python", *packages],
    ):
        try:
            subprocess.run(command, capture_output=True, text=True, check=True)
        except OSError as why:
            raise LeftOut(str(why)) from why
        except subprocess.CalledProcessError as why:
            raise LeftOut(why.stderr.strip()) from why
