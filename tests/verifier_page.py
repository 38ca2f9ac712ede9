"""The verifier page in one tab of a real browser that has no network; a request for anything outside is a fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine.publicity
from engine.draw.protocol.encoding import canonical_json

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = Path(engine.publicity.__file__).with_name("verifier.html").as_uri()
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PATIENCE_MS = 300_000


class Reader:
    """The page in one tab."""

    def __init__(self, tab: "Page") -> None:
        self.tab = tab

    def states(self, *files: Any, digest: str = "", entropy: str = "") -> dict[str, str]:
        """Give files to the page and return the state of every check."""
        self.tab.fill("#digest", digest)
        self.tab.fill("#entropy", entropy)
        self.tab.set_input_files("#files", [])
        self.tab.set_input_files("#files", list(files))
        self.tab.wait_for_selector("#verdict")
        rows = self.tab.query_selector_all("tr[data-check]")
        return {str(row.get_attribute("data-check")): str(row.get_attribute("data-state")) for row in rows}

    def verdict(self) -> str:
        return self.tab.inner_text("#verdict")

    def own(self, text: str, *files: Any, digest: str = "") -> dict[str, str]:
        """Check one firm's own row and return item → drawn."""
        self.tab.click("#tab-row")
        self.tab.fill("#own-digest", digest)
        self.tab.fill("#own", text)
        if files:
            self.tab.set_input_files("#own-files", list(files))
        else:
            self.tab.click("#run-row")
        self.tab.wait_for_selector("#verdict")
        rows = self.tab.query_selector_all("tr[data-item]")
        return {str(row.get_attribute("data-item")): str(row.get_attribute("data-drawn")) for row in rows}


@contextmanager
def offline_reader(browser: "Browser") -> Iterator[Reader]:
    """Open the page; on leaving, nothing outside may have been asked for and no script may have failed."""
    context = browser.new_context(locale="zh-CN", offline=True)
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    outside: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda made: None if made.url.startswith((PAGE, "blob:")) else outside.append(made.url))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(PAGE)
    yield Reader(tab)
    context.close()
    if outside or complaints:
        raise AssertionError(f"the page asked for {outside} and complained of {complaints}")


def as_file(bundle: dict[str, Any], name: str = "bundle.json") -> Any:
    return {"name": name, "mimeType": "application/json", "buffer": canonical_json(bundle)}
