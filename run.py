#!/usr/bin/env python3
"""Prepares the environment from the lock file, then runs ``switchroom WORD …``; without a word the demo.

Needs nothing but Python 3.11 or newer: uses ``uv`` where it is installed, else installs it privately.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PRIVATE = ROOT / ".uv"


def uv() -> str:
    """This function will return the path of uv, installing it into a folder of its own when there is none."""
    program = shutil.which("uv") or str(PRIVATE / "bin" / "uv")
    if not Path(program).exists():
        if find_spec("ensurepip") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            sys.exit(f"Python's venv is not installed. Run: sudo apt install python{version}-venv")
        print("Installing uv, once …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", PRIVATE], check=True)
        subprocess.run([PRIVATE / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    return program


def main() -> None:
    """This function will bring the environment up to the lock file and become the command."""
    if sys.version_info < (3, 11):
        sys.exit(f"Switchroom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    words = sys.argv[1:] or ["demo"]
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environment |= {"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(VENV)}
    sync = [uv(), "sync", "--locked", "--quiet", "--project", str(ROOT)]
    if not (VENV / "bin" / "python").exists():
        sync += ["--python", sys.executable]
    if words[0] not in ("test", "bench"):
        sync += ["--no-dev", "--inexact"]  # tools for developers are neither needed nor taken away
    if subprocess.run(sync, env=environment, check=False).returncode:
        sys.exit("The environment could not be prepared; uv says above why.")
    os.execve(VENV / "bin" / "switchroom", ["switchroom", *words], environment)


if __name__ == "__main__":
    main()
