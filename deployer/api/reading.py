"""What the command line calls to read from hosts: each command by its name."""

from deployer.api import backups as backups_of
from deployer.api import check as check_of
from deployer.api import health as health_of
from deployer.api import history as history_of
from deployer.api import releases as releases_of
from deployer.api import status as status_of
from deployer.api.answering import answer
from deployer.api.place import Place
from deployer.api.request import BackupsRequest, HistoryRequest, Request


def status(place: Place, request: Request) -> int:
    """Show what serves on each host; gives the exit code."""
    return answer(place, request, status_of.status, balancers_too=True)


def releases(place: Place, request: Request) -> int:
    """Show the releases on each host; gives the exit code."""
    return answer(place, request, releases_of.releases)


def history(place: Place, request: HistoryRequest) -> int:
    """Show the last runs; gives the exit code."""
    return answer(place, request, history_of.history(request))


def health(place: Place, request: Request) -> int:
    """Ask the live releases how they are; gives the exit code."""
    return answer(place, request, health_of.health)


def backups(place: Place, request: BackupsRequest) -> int:
    """List the backups, and prove them if asked to; gives the exit code."""
    return answer(place, request, backups_of.backups(request))


def check(place: Place, request: Request) -> int:
    """Look whether hosts can take a deploy; gives the exit code."""
    return answer(place, request, check_of.check, balancers_too=True)
