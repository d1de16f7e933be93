"""Chromium, if it is there: what the tests in a browser share."""

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
    None,
)
in_chromium = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium: install it, on Debian by apt-get install chromium",
    ),
]
UNFOLD = "document.querySelectorAll('details').forEach(d => d.open = true)"


@contextmanager
def start_chromium():
    """Start the browser, without its own sandbox: so it starts in containers, too."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
