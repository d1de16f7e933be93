"""Refuse the network: Python runs this file at its start where it is on the path.

`conftest.py` puts it on the path of all that pytest starts, and runs it in pytest, so
that a notebook or a test which needs the network fails. What a machine says to itself
is allowed: that is how Jupyter talks to its kernels. (pytest-socket would refuse it to
pytest alone.)
"""

import socket
import sys

OWN = {None, "", "localhost", "::1", "0.0.0.0", "::", socket.gethostname()}


def refuse(event, arguments):
    """Raise ConnectionRefusedError where Python looks up or calls another machine."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and len(arguments[1]) > 1:
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in OWN and not host.startswith("127."):
        raise ConnectionRefusedError(f"no network here: {host} is refused")


sys.addaudithook(refuse)
