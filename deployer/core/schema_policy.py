"""How migrations are run: how long they may take, and wait, and which ones a person has read."""

from pydantic import Field

from deployer.core.model import Model
from deployer.core.quantities import Duration, Pause
from deployer.core.values import Word


class Migrations(Model):
    """Limits for migrations, so that they never keep users waiting for long."""

    timeout: Duration = Field(
        default=1800.0, description="How long all of them may take, and each statement of one."
    )
    lock_timeout: Pause = Field(
        default=5.0,
        description="How long a statement may wait for a lock (PostgreSQL); 0 waits for ever.",
    )
    additive: tuple[Word, ...] = Field(
        default=(),
        description="Migrations that you have read, and found that the old code can bear.",
    )
