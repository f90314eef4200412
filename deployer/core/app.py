"""The app: the parts that build, run and serve it, and how it proves to be healthy."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from deployer.core.confirm import Confirm
from deployer.core.model import Model, refuse_twins, refused, refused_at
from deployer.core.network import HealthPath, Status
from deployer.core.plugin import DefaultPart, Plugged
from deployer.core.ports import (
    AppServer,
    Database,
    Framework,
    Installer,
    Runtime,
    Source,
    WebServer,
)
from deployer.core.processes import Processes, Timers, contradictions
from deployer.core.quantities import Duration, Pause
from deployer.core.schema_policy import Migrations
from deployer.core.secret import EnvValue
from deployer.core.values import AppName, EnvName, Python, RelativePath


class Shared(Model):
    """What outlives a release: kept in the app's `shared` folder and linked into each release."""

    directories: tuple[RelativePath, ...] = Field(
        default=(), description="Folders that all releases share, such as `media`."
    )
    files: tuple[RelativePath, ...] = Field(
        default=(), description="Files that all releases share; they must exist on the host."
    )

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        refuse_twins("Shared", directories=self.directories, files=self.files)
        both = [path for path in self.files if path in self.directories]
        if both:
            raise refused_at("Shared", (("files",), f"`{both[0]}` is also under directories"))
        return self


def _one_or_more(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if not isinstance(value, tuple):
        raise refused("allowed: a status from 100 to 599, or a list of them")
    return value


class Health(Model):
    """How a release proves that it is good, before it gets traffic and after."""

    path: HealthPath = Field(default="/", description="Asked of the app; starts with `/`.")
    expect_status: Annotated[
        tuple[Status, ...],
        Field(min_length=1, max_length=20),
        BeforeValidator(_one_or_more, json_schema_input_type=Status | tuple[Status, ...]),
    ] = Field(default=(200,), description="A status or a list of statuses that mean healthy.")
    interval: Duration = Field(default=1.0, description="Time between two questions.")
    timeout: Duration = Field(default=60.0, description="How long the release may take in all.")
    settle: Pause = Field(default=3.0, description="How long it must stay healthy; 0 for none.")
    smoke: tuple[HealthPath, ...] = Field(
        default=(), description="More paths that must answer with a status below 400."
    )
    confirm: Confirm = Field(
        default_factory=Confirm, description="How it is confirmed after it went live."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        limit = f"allowed: at most `timeout`, which is {self.timeout:g}s"
        late = [
            ((name,), limit)
            for name, value in (("interval", self.interval), ("settle", self.settle))
            if value > self.timeout
        ]
        if late:
            raise refused_at("Health", *late)
        return self


class App(Model):
    """A web app and the parts that build, run and serve it."""

    name: AppName = Field(description="Names the app, its system user and its units.")
    source: Annotated[Source, Plugged("sources")] = Field(
        default_factory=DefaultPart("sources", (("kind", "git"), ("transport", "push"))),
        description="Where the code comes from.",
    )
    installer: Annotated[Installer, Plugged("installers")] = Field(
        default_factory=DefaultPart("installers", (("kind", "pip"),)),
        description="What installs the requirements into the virtual environment.",
    )
    framework: Annotated[Framework, Plugged("frameworks")] = Field(
        default_factory=DefaultPart("frameworks", (("kind", "custom"),)),
        description="Who migrates, collects static files and checks the code.",
    )
    app_server: Annotated[AppServer, Plugged("app_servers")] = Field(
        description="The program that runs the app."
    )
    runtime: Annotated[Runtime, Plugged("runtimes")] = Field(
        default_factory=DefaultPart("runtimes", (("kind", "systemd"),)),
        description="What starts, stops and watches the app server.",
    )
    web_server: Annotated[WebServer, Plugged("web_servers")] = Field(
        default_factory=DefaultPart("web_servers", (("kind", "none"),)),
        description="What takes requests from outside and hands them to the app.",
    )
    database: Annotated[Database, Plugged("databases")] = Field(
        default_factory=DefaultPart("databases", (("kind", "none"),)),
        description="What is backed up before a release changes it.",
    )
    migrations: Migrations = Field(
        default_factory=Migrations, description="How migrations are run."
    )
    env: Mapping[EnvName, EnvValue] = Field(
        default_factory=dict,
        description="The app's environment: any text byte for byte, or {secret: NAME}.",
    )
    shared: Shared = Field(
        default_factory=Shared, description="Folders and files that outlive a release."
    )
    health: Health = Field(
        default_factory=Health, description="How a release proves that it is good."
    )
    python: Python = Field(
        default="python3", description="The interpreter on the hosts, by name or path."
    )
    processes: Processes = Field(
        default_factory=dict, description="Programs that run beside the web app, by name."
    )
    timers: Timers = Field(
        default_factory=dict, description="Programs that are run by the clock, by name."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        migrates = self.framework.migrate("python") is not None
        wrong = tuple(contradictions(self.processes, self.timers, migrates=migrates))
        if wrong:
            raise refused_at("App", *wrong)
        return self
