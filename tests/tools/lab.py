"""JupyterLab on a copy of the series: for tests in a browser, and for pictures."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from paths import FOLDER, ROOT

# Once true on a page: its notebook is open, and its kernel waits.
READY = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.context?.isReady && notebook.sessionContext.isReady
        && notebook.sessionContext.session?.kernel?.status === 'idle';
}"""


def copy_series(series):
    """Copy into the folder `series` what a reader needs."""
    others = shutil.ignore_patterns("my_*", ".*", "__pycache__")
    shutil.copytree(FOLDER, series / "notebooks", ignore=others)
    for name in ("SO_CONVOLVE_QUESTION.py", "requirements.txt"):
        shutil.copy(ROOT / name, series)


@contextmanager
def start_lab(series, folder):
    """Give the address of a JupyterLab on `series`, with its own settings in `folder`.

    A notebook's name goes into the address by `format`.
    """
    settings = folder / "settings"
    # All cells are rendered, not only those in sight.
    _choose(settings, "notebook-extension/tracker", windowingMode="none")
    _choose(settings, "apputils-extension/notification", fetchNews="false")
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    options = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={series}",
        f"--IdentityProvider.token={token}",
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log")
            yield f"http://127.0.0.1:{port}/lab/tree/notebooks/{{}}?reset&token={token}"
        finally:
            server.terminate()
            server.wait(timeout=60)


def _choose(settings, plugin, **values):
    """Write `values` as the settings of one of JupyterLab's plugins."""
    file = settings / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(values))


def _wait_for(address, server, log):
    for _ in range(120):
        if server.poll() is not None:
            break
        try:
            urlopen(address, timeout=10).close()
            return
        except (TimeoutError, URLError):
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text()}")
