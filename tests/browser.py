"""A headless Chromium for tests of pages; what it must not do is kept as complaints."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A busy machine may take long over what takes a second.
PATIENCE_MS = 240_000
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium here (apt-get install chromium)"
)


@contextmanager
def browser():
    """A browser with a fresh profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1280, "height": 860},
            timeout=PATIENCE_MS,
        )
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield context
        finally:
            context.close()


@contextmanager
def opened(context, path, root=None, quiet=False, **how):
    """A page from a file; console errors and requests that leave its folder fail the test.

    `root` is another folder that requests may not leave; `quiet` lets pictures be missing.
    """
    page = context.new_page()
    complaints = []
    root = Path(root or Path(path).parent).resolve().as_uri()
    if not quiet:
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda r: r.url.startswith((root, "data:", "blob:")) or complaints.append(r.url),
    )
    page.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
    page.goto(Path(path).resolve().as_uri(), **how)
    try:
        yield page
        assert complaints == []
    finally:
        page.close()


def pictures_shown(page):
    """How many pictures a page holds, within its figures and beside them; all must be whole."""
    return page.evaluate(
        """async () => {
          const links = [...document.querySelectorAll("svg image")].map(one => one.href.baseVal);
          links.push(...[...document.images].map(one => one.src));
          const decoded = links.map(link => Object.assign(new Image(), { src: link }).decode());
          await Promise.all(decoded);
          return links.length;
        }"""
    )
