"""One HTTP request from this machine to a host, as a user would send it."""

from urllib.parse import urlsplit

from deployer.agent.health.request import Question, fetch
from deployer.core.outside import Door, Seen

TIMEOUT = 5.0
_TOLD = {
    "refused": "it refuses connections",
    "timeout": f"no answer in {TIMEOUT:g} s",
    "closed": "the connection was closed without an answer",
    "garbage": "what answers does not speak HTTP",
    "tls": "TLS was refused",
}


def knock(address: str, door: Door) -> Seen:
    """Ask a host at its address and the port of its front; trouble is an answer too.

    The host's agent asks the same way (`deployer.agent.health.request`): no redirects, bounded in
    size and time. A certificate is not verified, as there: the name may belong to a load balancer.
    """
    front = urlsplit(door.front)
    port = front.port or (443 if front.scheme == "https" else 80)
    place = f"[{address}]" if ":" in address else address
    question = Question(door.path, door.site, front=f"{front.scheme}://{place}:{port}")
    answer = fetch(question, TIMEOUT)
    if answer.problem:
        return Seen(problem=f"port {port}: {_TOLD.get(answer.problem, answer.problem)}")
    return Seen(answer.status)
