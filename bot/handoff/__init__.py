"""The on-call handoff: what the next engineer must know of a span of time, from what is stored."""
