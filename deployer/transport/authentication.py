"""Logs in with keys only, without ever asking a question."""

from collections.abc import Iterator
from dataclasses import dataclass

import paramiko

from deployer.core.transport import HostAddress
from deployer.errors import AuthenticationFailed
from deployer.transport.identities import AgentAt, Identity


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, and with which keys; Paramiko takes it as its auth strategy."""

    host: HostAddress
    user: str
    identities: tuple[Identity, ...]
    agent: str = ""
    """Path of the ssh-agent's socket."""
    only: bool = False
    """Use no key of the agent but those of `identities`."""

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Try the keys in turn; raises AuthenticationFailed that names what was tried."""
        tried: list[str] = []
        agent = AgentAt(self.agent)
        try:
            for key in self._candidates(agent):
                tried.append(f"{key.fingerprint} ({key.get_name()})")
                if self._accepted(transport, key):
                    return []
                if not transport.is_active():
                    break
        finally:
            agent.close()
        raise self._refused(tried) if tried else self._without_keys()

    def _accepted(self, transport: paramiko.Transport, key: paramiko.PKey) -> bool:
        try:
            wanted = transport.auth_publickey(self.user, key)
        except paramiko.BadAuthenticationType as error:
            raise AuthenticationFailed(
                f"Host `{self.host.name}` does not accept keys from user `{self.user}`, only "
                f"{', '.join(f'`{kind}`' for kind in error.allowed_types)}.",
                host=self.host.name,
                hint="Allow `PubkeyAuthentication` for this user in the host's sshd_config.",
            ) from error
        except paramiko.AuthenticationException:
            return False
        if wanted:
            raise AuthenticationFailed(
                f"Host `{self.host.name}` wants more than a key from user `{self.user}`: "
                f"{', '.join(f'`{kind}`' for kind in wanted)}.",
                host=self.host.name,
                hint="Exempt the deploy user from the second factor (`AuthenticationMethods`).",
            )
        return True

    def _candidates(self, agent: AgentAt) -> Iterator[paramiko.PKey]:
        """Give the keys as OpenSSH orders them: configured ones in the agent, others, files."""
        configured = [identity.public for identity in self.identities if identity.public]
        held = {bytes(key.asbytes()): key for key in agent.held()}
        yield from (held[public] for public in configured if public in held)
        if not self.only:
            yield from (key for public, key in held.items() if public not in configured)
        for identity in self.identities:
            if identity.key is not None and identity.public not in held:
                yield identity.key

    def _refused(self, tried: list[str]) -> AuthenticationFailed:
        return AuthenticationFailed(
            f"Host `{self.host.name}` refused user `{self.user}` with "
            f"{'the key' if len(tried) == 1 else f'{len(tried)} keys'} "
            f"{', '.join(f'`{key}`' for key in tried)}{self._locked()}.",
            host=self.host.name,
            hint="Add the public key to that user's ~/.ssh/authorized_keys on the host, or name "
            "the right key as `identity` in the inventory; on a host that was never set up, run "
            "`inv setup` first.",
        )

    def _without_keys(self) -> AuthenticationFailed:
        locked = next((found for found in self.identities if found.encrypted), None)
        broken = next((found for found in self.identities if found.trouble), None)
        if locked is not None:
            return AuthenticationFailed(
                f"The key `{locked.path}` for host `{self.host.name}` is encrypted, "
                "and no ssh-agent holds it.",
                host=self.host.name,
                hint=f"Run `ssh-add {locked.path}`, then try again.",
            )
        why = f" `{broken.path}`: {broken.trouble.lower()}." if broken and self.only else ""
        return AuthenticationFailed(
            f"There is no key to log in to host `{self.host.name}` with.{why}",
            host=self.host.name,
            hint="Name a key file as `identity` in the inventory, or load one with `ssh-add`.",
        )

    def _locked(self) -> str:
        locked = [f"`{found.path}`" for found in self.identities if found.encrypted]
        return f"; not tried, because encrypted: {', '.join(locked)}" if locked else ""
