"""Two questions of whoever watches over an installation.

*Alive*: does the process answer at all? *Ready*: may it be given members' requests, that is, does the
database answer, are all migrations applied, and are all laws of the database (triggers) in place?
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from switchroom.plumbing.laws import missing_laws


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """This function will answer 200 as long as the process runs."""
    return JsonResponse({"alive": True})


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """This function will answer 200 when nothing is missing, else 503 with a list of what is."""
    faults = what_is_missing()
    return JsonResponse({"ready": not faults, "missing": faults}, status=503 if faults else 200)


def what_is_missing() -> list[str]:
    """This function will return what keeps this installation from serving, each as a short phrase."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        unapplied = [f"migration {migration.app_label}.{migration.name}" for migration, _ in plan]
        return unapplied or [f"law {name}" for name in missing_laws(connection)]
    except DatabaseError:
        return ["database"]
