"""A visitor of the pages without a browser: speaks Streamlit's own protocol over its web socket.

Twenty browsers on the machine of the server would measure the browsers. A visitor asks for a page, waits until its
script has finished, and keeps what came: numbers of elements, errors, the fields of the what-if grid.
"""

from dataclasses import dataclass, field

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

FINISHED = (
    ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY,
    ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


@dataclass
class Seen:
    """What one run of a page sent.

    Parameters
    ----------
    n_elements : elements drawn. charts : of these, charts. errors : sentences of exceptions and error boxes.
    fields : number fields by id, with value and the fragment they are in.
    """

    n_elements: int = 0
    charts: int = 0
    errors: list[str] = field(default_factory=list)
    fields: dict[str, tuple[float, str]] = field(default_factory=dict)


class Visitor:
    """One session; use as ``async with``."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Visitor":
        self._socket = await connect(self._address, subprotocols=["streamlit"], max_size=None, open_timeout=60)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, page: str, query: str = "lang=zh") -> Seen:
        """Ask for a page by its address and return what it sent."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        return await self._ask(asked)

    async def set(self, page: str, name: str, value: float, *, fragment: str) -> Seen:
        """Change a number field of a fragment and return what the fragment sent."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.fragment_id = fragment
        state = asked.rerun_script.widget_states.widgets.add()
        state.id, state.double_value = name, value
        return await self._ask(asked)

    async def _ask(self, asked: BackMsg) -> Seen:
        if self._socket is None:
            raise RuntimeError("not connected")
        await self._socket.send(asked.SerializeToString())
        seen = Seen()
        async for content in self._socket:
            said = ForwardMsg.FromString(content)
            kind = said.WhichOneof("type")
            if kind == "script_finished" and said.script_finished in FINISHED:
                return seen
            if kind == "script_finished" and said.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                seen = Seen(errors=seen.errors)  # the page without a name opens the first one: another run follows
                continue
            if kind == "script_finished":
                seen.errors.append(ForwardMsg.ScriptFinishedStatus.Name(said.script_finished))
                return seen
            if kind == "page_not_found":
                seen.errors.append("page not found")
            if kind == "delta" and said.delta.WhichOneof("type") == "new_element":
                _note(said, seen)
        raise ConnectionError("the server closed the session")


def _note(said: ForwardMsg, seen: Seen) -> None:
    element = said.delta.new_element
    kind = element.WhichOneof("type")
    seen.n_elements += 1
    if kind == "exception":
        seen.errors.append(element.exception.message)
    elif kind == "alert" and element.alert.format == Alert.ERROR:
        seen.errors.append(element.alert.body)
    elif kind in ("arrow_vega_lite_chart", "vega_lite_chart"):
        seen.charts += 1
    elif kind == "number_input":
        held = element.number_input
        seen.fields[held.id] = (held.value if held.set_value else held.default, said.delta.fragment_id)
