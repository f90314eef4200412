"""`inv check`: could these hosts take a deploy now? Everything is asked, nothing is changed."""

import dataclasses

from deployer.api.answering import Answer, Asked
from deployer.api.check_host import checks, findings
from deployer.api.environment import Environment
from deployer.api.finding import Finding
from deployer.api.standing_balancer import check_balancer
from deployer.engine.session import Session
from deployer.errors import DeployerError
from deployer.output.tables import Row

COLUMNS = ("host", "check", "result", "text", "hint")
_REFUSED = 9


def check(asked: Asked) -> Answer:
    """Give one row for each host and check; 9 when one says that a deploy would fail."""
    found = asked.gather(lambda session: _one(asked.at, session))
    rows: list[Row] = []
    for host in (*asked.at.hosts, *asked.at.balancers):
        error = asked.errors.get(host.name)
        results = found[host.name] if error is None else (_unreached(error),)
        rows.extend({"host": host.name, **dataclasses.asdict(one)} for one in results)
    failed = any(row["result"] == "error" for row in rows)
    return Answer(rows, COLUMNS, _REFUSED if failed else 0, tells_errors=True)


def _one(at: Environment, session: Session) -> tuple[Finding, ...]:
    host = at.inventory.hosts[session.host]
    if host.is_balancer:
        return check_balancer(at, session)
    facts = {fact.key: fact for one in checks(at, host) for fact in one.facts}
    session.ask(facts.values(), strict=False)
    return findings(at, host, session.facts)


def _unreached(error: DeployerError) -> Finding:
    return Finding("connect", "error", error.message, error.hint)
