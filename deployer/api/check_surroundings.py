"""The checks of `inv check` about what is around the app: web server, neighbours, forge."""

from deployer.api.deploy import remote_revision
from deployer.api.environment import Environment
from deployer.api.finding import Check, Finding, Raw
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import mapping
from deployer.core.release import COLOURS, Layout


def web_checks(at: Environment) -> tuple[Check, ...]:
    """Give the checks of the web server, if there is one."""
    if not at.inventory.app.web_server.front:
        return ()
    return (
        Check("nginx", (_web_server(),), _nginx),
        Check("neighbours", (_foreign(at),), lambda facts: _neighbours(at, facts)),
    )


def source_checks(at: Environment) -> tuple[Check, ...]:
    """Give the check that a host can read the code, if it fetches it by itself."""
    if not at.pulls:
        return ()
    facts = (remote_revision(at), _deploy_key(at))

    return (Check("repository", facts, lambda said: _repository(at, said), on_bare_hosts=False),)


def _web_server() -> Raw:
    return Fact("web_server", "web_server", mapping)


def _nginx(facts: Facts) -> Finding:
    found = mapping(facts[_web_server()])
    if found.get("ok") is True:
        return Finding("nginx", "ok", "`nginx -t` accepts the live configuration")
    output = str(found.get("output") or "`nginx -t` fails").strip().splitlines()
    hint = "mend the file that nginx names, whoever's it is; until then nothing can be reloaded"
    return Finding("nginx", "error", output[0], hint)


def _foreign(at: Environment) -> Raw:
    app = at.inventory.app
    layout = Layout(app.name)
    sites = [path for link in app.web_server.links(app.name) for path in link]
    asked = {
        "server_names": list(app.web_server.server_names),
        "sites": sites,
        "units": [f"{app.name}@.service", *(layout.unit(colour) for colour in COLOURS)],
        "ports": [_port(app.web_server.front)],
    }
    return Fact("foreign", "foreign", mapping, asked)


def _port(front: str) -> int:
    return int(front.rpartition(":")[2])


def _neighbours(at: Environment, facts: Facts) -> Finding:
    found = mapping(facts[_foreign(at)])
    sites = found.get("sites")
    units = found.get("units")
    clashes = (
        *(_site(site) for site in (sites if isinstance(sites, list) else [])),
        *(f"the unit `{unit}` is not ours" for unit in (units if isinstance(units, list) else [])),
        *_taken(facts, found.get("listening")),
    )
    if clashes:
        hint = "move it away, or choose another name or port in the inventory"
        return Finding("neighbours", "error", "; ".join(clashes), hint)
    return Finding("neighbours", "ok", "no other site or unit is in the way")


def _site(site: object) -> str:
    data = mapping(site)
    return f"`{data.get('file')}` already serves `{data.get('server_name')}`"


def _taken(facts: Facts, listening: object) -> tuple[str, ...]:
    is_ours = mapping(facts[_web_server()]).get("ok") is True
    ports = listening if isinstance(listening, list) and not is_ours else []
    return tuple(f"another program listens on port {port}" for port in ports)


def _deploy_key(at: Environment) -> Raw:
    path = f"{Layout(at.inventory.app.name).root}/.ssh/id_ed25519.pub"
    return Fact("deploy_key", "texts", lambda answer: mapping(answer).get(path), {"paths": [path]})


def _repository(at: Environment, facts: Facts) -> Finding:
    revision = facts[remote_revision(at)]
    if revision:
        return Finding("repository", "ok", f"`{at.revision}` is {revision[:12]}")
    error = mapping(facts.answers[remote_revision(at).key]).get("error")
    if error is None:
        hint = "check the name of the branch or tag"
        text = f"`{at.inventory.app.source.url}` has no `{at.revision}`"
        return Finding("repository", "error", text, hint)
    key = facts[_deploy_key(at)]
    hint = f"let the forge trust this key: {str(key).strip()}" if key else "check the URL"
    return Finding("repository", "error", str(error), hint)
