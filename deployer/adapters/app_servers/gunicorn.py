"""Apps run by gunicorn."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refused_at
from deployer.core.quantities import Duration
from deployer.core.values import DottedName, ModuleAttribute

_PROBE = """\
from gunicorn.app.wsgiapp import WSGIApplication

sys.argv[:] = ["gunicorn", "-c", os.environ["RELEASE_DIR"] + "/config/gunicorn.conf.py", MODULE]
server = WSGIApplication("gunicorn")
server.cfg.worker_class
application = server.load()
if not callable(application):
    raise SystemExit(f"{MODULE!r} is not callable: {application!r}")
sys.argv[:] = ["manage.py"]
"""


class Gunicorn(Model):
    """`gunicorn` with a unix socket of its own for each colour."""

    kind: Literal["gunicorn"] = "gunicorn"
    module: ModuleAttribute = Field(description="The app, such as `shop.wsgi:application`.")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(default=2, description="Processes.")
    threads: Annotated[int, Field(ge=1, le=128)] = Field(
        default=4, description="Threads of each process."
    )
    worker_class: DottedName = Field(default="gthread", description="The kind of worker.")
    timeout: Duration = Field(
        default=30.0, description="A worker that is silent for so long is replaced."
    )
    graceful_timeout: Duration = Field(
        default=30.0, description="How long running requests may take to end at a stop."
    )
    max_requests: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=5000, description="A worker is renewed after about so many requests; 0: never."
    )

    @model_validator(mode="after")
    def _threads_need_gthread(self) -> Self:
        if self.worker_class == "sync" and "threads" in self.model_fields_set and self.threads > 1:
            text = "allowed: 1 with `worker_class: sync`; `gthread` has threads"
            raise refused_at("Gunicorn", (("threads",), text))
        return self

    @property
    def probe(self) -> str:
        """Load configuration, worker class and app in one process, as gunicorn will."""
        return _PROBE.replace("MODULE", repr(self.module))
