"""The end of a run on one host: the commit, and finishing touches that only warn."""

from deployer.core.event import Emit, Noticed
from deployer.core.order import Order
from deployer.core.step import Phase
from deployer.engine.resolving import LOST
from deployer.engine.session import Ended, Session
from deployer.errors import DeployerError

_ALONE = "it is committed and finishes by itself"
_WARNING = "finishing touches failed in step `{step}`: {cause}"


class Finishing:
    """Commits hosts and has them finish; a failure after the commit takes nothing back."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def commit(self, session: Session, order: Order) -> None:
        """Have a host commit over the connection of the run, then finish."""
        # The finishing order travels with the commit to save a round trip: the agent takes
        # orders of FINISH only after the commit is on disk.
        session.send_commit()
        if order.steps:
            session.send_order(order)
        session.await_commit()
        if order.steps:
            self._await_finish(session)

    def touch_up(self, session: Session, order: Order) -> None:
        """Have a host finish that is committed already; it knows the order, so it can do alone."""
        if not order.steps:
            return
        try:
            session.send_order(order)
            end = session.await_order()
        except LOST as error:
            text = f"{error.message.rstrip('.')}; {_ALONE}"
            self._emit(Noticed(text, "warning", session.host))
        except DeployerError as error:
            self._warn(session, Ended(ok=False, step=Phase.FINISH.lower(), cause=error.message))
        else:
            if not end.ok:
                self._warn(session, end)

    def _await_finish(self, session: Session) -> None:
        try:
            end = session.await_order()
        except DeployerError as error:
            # It has said that it is committed: what is lost now takes nothing of that away.
            end = Ended(ok=False, step=Phase.FINISH.lower(), cause=error.message)
        if not end.ok:
            self._warn(session, end)

    def _warn(self, session: Session, end: Ended) -> None:
        text = _WARNING.format(step=end.step, cause=end.cause)
        self._emit(Noticed(text, "warning", session.host))
