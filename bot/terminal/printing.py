"""What programs read: JSON on stdout and nothing else."""

import sys

import orjson


def write_json(value: object) -> None:
    """One line of JSON."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
