"""Where tests and notebooks run, the network is refused."""

import socket
import subprocess
import sys

import pytest


def run(code):
    """Return what `code` prints in a new Python."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "call",
    [
        "import urllib.request as u; u.urlopen('http://192.0.2.1/')",
        "import urllib.request as u; u.urlopen('https://example.org/')",
        "import socket as s; s.create_connection(('2001:db8::1', 80), timeout=1)",
        "import socket as s; s.socket(type=s.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))",
    ],
)
def test_another_machine_is_refused(call):
    assert "no network here: " in run(call)


def test_another_machine_is_refused_to_the_tests_themselves():
    with pytest.raises(ConnectionRefusedError, match="no network here: "):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_this_machine_may_talk_to_itself():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('localhost', {port}))"
        assert run(f"{code}; print('connected')") == "connected\n"
