"""``python -m dashboards``: Streamlit with this package's pages, and without its question to the outside.

Streamlit asks an address on the internet for this machine's public address when a browser names an origin it does not
know. Nothing here needs the answer, and no request may leave the machine, so the question is never asked.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path

from streamlit import net_util
from streamlit.web import cli

SCRIPT = Path(__file__).with_name("app.py")


HEAVY = (
    "altair",
    "engine.api.desk",
    "engine.api.jobs.board",
    "engine.api.marts.building",
    "engine.api.policies.optimum",
    "engine.api.policies.simulation",
    "engine.api.reading.measures",
    "engine.api.draws.verification",
    "ibis.backends.duckdb",
)
"""What the first visitor would wait for, read before the server answers."""


def stay_inside() -> None:
    """Let the public address of this machine be unknown instead of asked for."""
    net_util.get_external_ip = _unknown


def _unknown() -> None:
    return None


def main() -> None:
    """Run Streamlit with the options of the call."""
    stay_inside()
    for name in HEAVY:
        import_module(name)
    gc.freeze()  # Streamlit looks through all of memory after every run; what the modules hold never becomes free
    sys.argv = ["streamlit", "run", str(SCRIPT), *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
