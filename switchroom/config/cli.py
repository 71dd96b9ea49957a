"""The one command: ``switchroom WORD …`` (and ``python3 run.py WORD …``).

Each word is imported only when it is used, so that ``replay`` starts without Django. What goes wrong is said
in plain words on stderr. Exit codes: 0 done, 1 not done, 2 not understood, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

DONE, NOT_DONE, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130
BENCH = Path(__file__).resolve().parents[2] / "bench"

Command = Callable[[list[str]], int]


class Refusal(Exception):
    """The command cannot be carried out; the message says why and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """This function will carry out one command line (without the program's name) and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return DONE if words else NOT_UNDERSTOOD
    word, *rest = words
    if word not in COMMANDS:
        print(f"There is no command {word!r}.\n\n{_overview()}", file=sys.stderr)
        return NOT_UNDERSTOOD
    _, command = COMMANDS[word]
    try:
        return command(rest)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if sentence := _in_plain_words(error):
            print(f"switchroom {word}: {sentence}", file=sys.stderr)
            return NOT_DONE
        raise


def demo(argv: list[str]) -> int:
    """This function will open the town: an installation of its own, below the data folder, with a movable
    clock.
    """
    os.environ["SWITCHROOM_DATA_DIR"] = str(Path(os.environ.get("SWITCHROOM_DATA_DIR", "var")) / "demo")
    os.environ["SWITCHROOM_MOVABLE_CLOCK"] = "true"
    _start_django()
    return int(import_module("switchroom.demo.command").main(argv))


def day(argv: list[str]) -> int:
    """This function will do everything that one day asks for."""
    _start_django()
    return int(import_module("switchroom.jobs.day").main(argv))


def bill(argv: list[str]) -> int:
    """This function will bill a month."""
    _start_django()
    return int(import_module("switchroom.jobs.bill").main(argv))


def forecast(argv: list[str]) -> int:
    """This function will say what a month will bill."""
    _start_django()
    return int(import_module("switchroom.jobs.forecast").main(argv))


def audit(argv: list[str]) -> int:
    """This function will check the books."""
    _start_django()
    return int(import_module("switchroom.jobs.audit").main(argv))


def retry(argv: list[str]) -> int:
    """This function will list effects that were given up, or try them again."""
    _start_django()
    return int(import_module("switchroom.jobs.retrying").main(argv))


def replay(argv: list[str]) -> int:
    """This function will say what customers would pay, without Django and without a database."""
    return int(import_module("switchroom.replay.command").main(argv))


def catalogue(argv: list[str]) -> int:
    """This function will put the products of a file on sale."""
    parser = _parser("catalogue", "Checks a catalogue file and puts what it describes on sale from today on.")
    parser.add_argument("action", choices=["load"])
    parser.add_argument("file", metavar="FILE", type=Path)
    asked = parser.parse_args(argv)
    _start_django()
    return int(import_module("switchroom.catalog.command").load(asked.file))


def web(argv: list[str]) -> int:
    """This function will serve the portal."""
    parser = _parser("web", "Serves the portal, with worker and schedule in the same process, until Ctrl-C.")
    parser.add_argument("--host", default="localhost", help="name or address to listen on (localhost)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on (8000)")
    parser.add_argument(
        "--alone", action="store_true", help="without worker and schedule: switchroom worker does it"
    )
    asked = parser.parse_args(argv)
    _start_django()
    server = import_module("switchroom.jobs.server")
    server.serve(host=asked.host, port=asked.port, workers=0 if asked.alone else 1)
    return DONE


def worker(argv: list[str]) -> int:
    """This function will carry out effects and the schedule."""
    parser = _parser("worker", "Carries out effects (mail, phone systems) and all that recurs, until Ctrl-C.")
    parser.add_argument("--threads", default=2, type=int, help="how many effects at once (2)")
    asked = parser.parse_args(argv)
    _start_django()
    import_module("switchroom.jobs.worker").work(workers=asked.threads)
    return DONE


def edge(argv: list[str]) -> int:
    """This function will run this machine's telephone edge."""
    _start_django()
    return int(import_module("switchroom.jobs.edge").main(argv))


def prepare(argv: list[str]) -> int:
    """This function will make the installation ready to start."""
    _parser("prepare", "Brings database and files up to this version. May be run at every start.").parse_args(
        argv
    )
    _start_django()
    import_module("switchroom.jobs.preparing").prepare()
    print("Ready.")
    return DONE


def dump(argv: list[str]) -> int:
    """This function will write the whole installation into one file."""
    _start_django()
    return int(import_module("switchroom.jobs.dump").main(argv))


def load(argv: list[str]) -> int:
    """This function will take in what ``dump`` wrote."""
    _start_django()
    return int(import_module("switchroom.jobs.load").main(argv))


def verify_deletion(argv: list[str]) -> int:
    """This function will check a deletion record that somebody holds in hand."""
    _start_django()
    return int(import_module("switchroom.jobs.verify_deletion").main(argv))


def move_to_postgres(argv: list[str]) -> int:
    """This function will copy this SQLite installation into a PostgreSQL database."""
    parser = _parser(
        "move-to-postgres", "Moves this installation from SQLite into an empty PostgreSQL database."
    )
    parser.add_argument("url", metavar="URL", help="postgresql://user:password@host:port/name")
    asked = parser.parse_args(argv)
    if os.environ.get("SWITCHROOM_DATABASE_URL"):
        raise Refusal("This installation is on PostgreSQL already: SWITCHROOM_DATABASE_URL is set.")
    os.environ["SWITCHROOM_DATABASE_URL"] = asked.url
    _start_django()
    folder = import_module("django.conf").settings.DATA_DIR
    source = import_module("switchroom.config.connections").database_settings("", folder)
    return int(import_module("switchroom.jobs.move_to_postgres").move(source=source))


def manage(argv: list[str]) -> int:
    """This function will hand the words to Django's own commands."""
    _settings_named()
    import_module("django.core.management").execute_from_command_line(["switchroom manage", *argv])
    return DONE


def bench(argv: list[str]) -> int:
    """This function will measure one thing; its last line is one JSON object."""
    parser = _parser("bench", "Measures one thing. The last line is a JSON object: name, figures, must, ok.")
    known = sorted(file.stem for file in BENCH.glob("*.py") if not file.stem.startswith("_"))
    parser.add_argument("name", metavar="NAME", choices=known, help=f"one of: {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="less exact, ends within 50 s")
    asked = parser.parse_args(argv)
    _settings_named()
    spec = spec_from_file_location(f"bench.{asked.name}", BENCH / f"{asked.name}.py")
    if spec is None or spec.loader is None:
        raise Refusal(f"{BENCH / asked.name}.py cannot be read.")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    result: dict[str, Any] = module.main(asked.quick)
    print(json.dumps(result), flush=True)
    return DONE if result["ok"] else NOT_DONE


def test(argv: list[str]) -> int:
    """This function will run every check and the whole suite on both databases."""
    parser = _parser(
        "test", "Runs all checks, then the whole suite on SQLite and on PostgreSQL side by side."
    )
    parser.add_argument("--full", action="store_true", help="also the long tests (thousands of lives)")
    asked = parser.parse_args(argv)
    return int(import_module("switchroom.config.testing").run(full=asked.full))


COMMANDS: dict[str, tuple[str, Command]] = {
    "demo": ("opens a small town to try everything in [--reset] [--host HOST] [--port PORT]", demo),
    "replay": ("says what customers would pay: FILE …", replay),
    "catalogue": ("puts products on sale: load FILE", catalogue),
    "prepare": ("brings database and files up to this version", prepare),
    "web": ("serves the portal [--host HOST] [--port PORT] [--alone]", web),
    "worker": ("carries out effects and all that recurs [--threads N]", worker),
    "edge": ("runs this machine's telephone edge [check | status | move]", edge),
    "day": ("does everything that one day asks for: --on DATE", day),
    "bill": ("bills a month: --month YYYY-MM [--workers N] [--dry-run] [--parked]", bill),
    "forecast": ("says what a month will bill: --month YYYY-MM", forecast),
    "audit": ("checks that what is billed, promised and provided agrees [--workers N]", audit),
    "retry": ("lists effects that were given up, or tries them again [ID …] [--all]", retry),
    "dump": ("writes the whole installation into one file: FILE", dump),
    "load": ("takes in what dump wrote, into an empty installation: FILE", load),
    "move-to-postgres": ("moves this installation from SQLite to PostgreSQL: URL", move_to_postgres),
    "verify-deletion": ("checks a deletion record: FILE [--key KEY]", verify_deletion),
    "manage": ("Django's own commands: WORD …", manage),
    "bench": ("measures one thing: NAME [--quick]", bench),
    "test": ("runs every check and the whole suite [--full]", test),
}


def _overview() -> str:
    lines = [f"  {word:<16} {what}" for word, (what, _) in COMMANDS.items()]
    return "\n".join(["switchroom WORD …", "", *lines, "", "switchroom WORD --help says more."])


def _parser(word: str, what: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"switchroom {word}", description=what)


def _settings_named() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchroom.config.settings")


def _start_django() -> None:
    _settings_named()
    import_module("django").setup()


def _in_plain_words(error: Exception) -> str | None:
    """A sentence for what an operator can mend; None for everything else, whose traceback is needed."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if name.startswith("pydantic") and hasattr(error, "errors"):
        wrong = [
            f"SWITCHROOM_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
            for fault in error.errors()
        ]
        return "the settings are not right.\n  " + "\n  ".join(wrong)
    said = str(error).strip()
    is_of_database = name in ("django.db.utils.OperationalError", "django.db.utils.InterfaceError")
    if (is_of_database or isinstance(error, OSError)) and any(words in said for words in DISK_FULL):
        return f"the disk is full or not writable: {said}\nMake room and run it again. Nothing is half done."
    if is_of_database:
        return f"the database cannot be used: {said}\nIf it is new, run: switchroom prepare"
    return str(error) if name in PLAIN or isinstance(error, Refusal) else None


DISK_FULL = ("disk is full", "disk I/O error", "No space left on device")  # of SQLite and of PostgreSQL
PLAIN = {
    "switchroom.config.connections.AddressNotUnderstood",
    "switchroom.jobs.audit.HelperFailed",
    "switchroom.jobs.server.PortTaken",
    "switchroom.phonesystems.edges.kamailio.configuration.CannotBeWritten",
    "switchroom.phonesystems.edges.kamailio.control.EdgeAway",
    "switchroom.plumbing.clock.ClockCannotBeMoved",
    "switchroom.plumbing.copies.CopyRefused",
    "switchroom.plumbing.laws.LawsMissing",
}


if __name__ == "__main__":
    sys.exit(main())
