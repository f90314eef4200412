"""All that a step may ask of a host, as data; the agent carries each one out.

The agent's side of this closed union is `deployer/agent/actions`. Paths are absolute paths on
the host, times are seconds, owners are user names. Every action may be done twice with the same
end, and the ones used as undo may follow a half-finished do.
"""
