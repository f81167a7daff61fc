"""Ports that stay free while their server is down.

A port that the system may lend to an outgoing connection is lost to a server that is killed and started again; on
one machine a client that keeps knocking can even connect to itself. So servers here listen below that range.
"""

import itertools
import os
import socket

_LOWEST, _HIGHEST = 20_000, 30_000
"""Below what Linux, macOS and Windows lend (32768 or 49152 and above)."""
_numbers = itertools.cycle(range(_LOWEST + os.getpid() * 50 % (_HIGHEST - _LOWEST), _HIGHEST))


def lasting_port() -> int:
    """A port that nobody uses now, and that the system lends to nobody."""
    for number in itertools.islice(_numbers, _HIGHEST - _LOWEST):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    raise OSError("no port is free")
