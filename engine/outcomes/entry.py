"""Results as entered, row by row: taken when lawful, else refused in one sentence with the rule it breaks.

A result belongs to (visit, object, item, department). Whoever checked enters; what was not drawn and rests on no task
has no result; an object that was not found or has closed is a result like any other (DOMAIN.md §3.4, city plan 四).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.messages import N_, Message
from engine.outcomes.review import State
from engine.vocabulary import ADVERSE_RESULTS, JOINER, ResultCode, SelectionMode

REQUIRED = (
    "visit_id", "entity_id", "item_code", "department_code", "result_wordings", "inspector_code", "channel",
    "occurred_on",
)  # fmt: skip
OPTIONAL = ("disposal", "evidence", "third_party", "third_party_conclusion", "rectify_by", "note")
DATES = ("occurred_on", "rectify_by")
OFFLINE, NOTHING_FOLLOWS = "offline", "none"
LEAST_OFFICERS = 2
CASE_MODES = {
    "case_check": SelectionMode.DIRECTED,
    "special_inspection": SelectionMode.DIRECTED,
    "unlicensed_operation": SelectionMode.DIRECTED,
    "exempt": SelectionMode.SCHEDULED,
}
"""How checks outside the draws count: leads are directed, what law fixes is scheduled (R39–R41)."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a check was made: a draw, or a task outside the draws.

    Parameters
    ----------
    on : day of the draw or of the task. departments : who may check; empty leaves it to the item.
    draw_id, stratum, design_probability, inclusion_probability : of the draw, else None; reserves have no probability.
    leader : code of the team's leader, None when not recorded.
    officers : drawn for the visit, with the changes on record; empty when no team was drawn.
    """

    mode: SelectionMode
    on: date
    departments: frozenset[str] = frozenset()
    draw_id: str | None = None
    stratum: str | None = None
    design_probability: float | None = None
    inclusion_probability: float | None = None
    leader: str | None = None
    officers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OutsideTask:
    """A task outside the draws: items and, where it names one, the object."""

    ground: Ground
    items: frozenset[str]
    entity_id: str | None


@dataclass(frozen=True, slots=True)
class Scan:
    """A visit as scanned in: object, officers who came, day, task it serves."""

    entity_id: str
    officers: frozenset[str]
    on: date
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What stands on record when rows come in.

    Parameters
    ----------
    today : day of the entry. drawn : (visit, object, item) → ground. scans : (visit, item) → scan, since an object that
        two draws select keeps its visit code and is visited twice. tasks : task → task.
    item_departments, officer_departments : code → department. wordings : wording → canonical result.
    codes : column → codes its contract allows. states : key of a result → its state.
    actor_department : department of the person who enters, None when not an officer of the register.
    """

    today: date
    drawn: Mapping[Key, Ground]
    scans: Mapping[tuple[str, str], Scan]
    tasks: Mapping[str, OutsideTask]
    item_departments: Mapping[str, str]
    officer_departments: Mapping[str, str]
    wordings: Mapping[str, str]
    codes: Mapping[str, frozenset[str]]
    states: Mapping[str, State] = field(default_factory=dict)
    actor_department: str | None = None

    def scan_of(self, row: Mapping[str, str]) -> Scan | None:
        """Return the visit in which the item was checked, None when it was not scanned in."""
        return self.scans.get((row["visit_id"], row["item_code"]))

    def ground_of(self, row: Mapping[str, str]) -> Ground | None:
        """Return why the object was checked for the item, None when nothing on record says so."""
        drawn = self.drawn.get((row["visit_id"], row["entity_id"], row["item_code"]))
        scan = self.scan_of(row)
        task = self.tasks.get(scan.task_id or "") if scan else None
        if drawn or task is None or row["item_code"] not in task.items:
            return drawn
        return task.ground if task.entity_id in (None, row["entity_id"]) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that was taken: its cells, the key of the result, canonical results."""

    cells: Mapping[str, str]
    key: str
    result_codes: tuple[str, ...]
    ground: Ground


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: code of the rule, one sentence, reference of the rule."""

    rule: str
    sentence: Message
    reference: str


def key_of(row: Mapping[str, str]) -> str:
    """Return what names a result: visit, item and department; a visit has one object."""
    return f"{row['visit_id']}-{row['item_code']}-{row['department_code']}"


def judge(rows: Iterable[Mapping[str, str | None]], known: Known) -> list[Entry | Refusal]:
    """Return each row as entry or refusal, in order; a key that was taken once is not taken again."""
    found: list[Entry | Refusal] = []
    taken: set[str] = set()
    for row in rows:
        cells = {name: text.strip() for name, text in row.items() if text is not None and text.strip()}
        refusal = next((broken for rule in _RULES if (broken := rule(cells, known))), None)
        if refusal is None and key_of(cells) in taken:
            refusal = _refuse("twice", key=key_of(cells))
        ground = None if refusal else known.ground_of(cells)
        if refusal or ground is None:
            found.append(refusal or _refuse("not_drawn", **cells))
            continue
        taken.add(key_of(cells))
        found.append(Entry(cells, key_of(cells), _results(cells, known), ground))
    return found


def _results(cells: Mapping[str, str], known: Known) -> tuple[str, ...]:
    texts = [part.strip() for part in cells["result_wordings"].replace("；", JOINER).split(JOINER) if part.strip()]
    return tuple(sorted({known.wordings.get(text, f"?{text}") for text in texts}))


def _form(cells: Mapping[str, str], known: Known) -> Refusal | None:
    for name in REQUIRED:
        if name not in cells:
            return _refuse("empty", column=name)
    for name in (one for one in DATES if one in cells):
        try:
            date.fromisoformat(cells[name])
        except ValueError:
            return _refuse("code", column=name, value=cells[name], allowed="YYYY-MM-DD")
    for name, allowed in known.codes.items():
        if name in cells and cells[name] not in allowed:
            return _refuse("code", column=name, value=cells[name], allowed=", ".join(sorted(allowed)))
    return None


def _wording(cells: Mapping[str, str], known: Known) -> Refusal | None:
    results = _results(cells, known)
    unknown = [text[1:] for text in results if text.startswith("?")]
    if unknown or not results:
        return _refuse("wording", wording=unknown[0] if unknown else cells["result_wordings"])
    return _refuse("alone", **cells) if ResultCode.NO_PROBLEM in results and len(results) > 1 else None


def _selected(cells: Mapping[str, str], known: Known) -> Refusal | None:
    return None if known.ground_of(cells) else _refuse("not_drawn", **cells)


def _department(cells: Mapping[str, str], known: Known) -> Refusal | None:
    ground, own = known.ground_of(cells), cells["department_code"]
    sent = ground.departments if ground else frozenset()
    right = (
        known.actor_department in (None, own)
        and own == known.item_departments.get(cells["item_code"], own)
        and (not sent or own in sent)
    )
    officer = known.officer_departments.get(cells["inspector_code"])
    return None if right and officer == own else _refuse("department", **cells)


def _scanned(cells: Mapping[str, str], known: Known) -> Refusal | None:
    scan = known.scan_of(cells)
    if scan is None or scan.entity_id != cells["entity_id"] or len(scan.officers) < LEAST_OFFICERS:
        return _refuse("officers", visit=cells["visit_id"])
    return None if cells["inspector_code"] in scan.officers else _refuse("absent", **cells)


def _team(cells: Mapping[str, str], known: Known) -> Refusal | None:
    ground, scan = known.ground_of(cells), known.scan_of(cells)
    strangers = scan.officers - ground.officers if ground and scan and ground.officers else frozenset()
    if not strangers:
        return None
    return _refuse("team", officers=", ".join(sorted(strangers)), visit=cells["visit_id"])


def _in_time(cells: Mapping[str, str], known: Known) -> Refusal | None:
    ground, scan, on = known.ground_of(cells), known.scan_of(cells), date.fromisoformat(cells["occurred_on"])
    if ground and on < ground.on:
        return _refuse("before", day=on, drawn=ground.on)
    scanned = scan.on if scan else known.today
    return None if scanned <= on <= known.today else _refuse("day", day=on, scanned=scanned, today=known.today)


def _once(cells: Mapping[str, str], known: Known) -> Refusal | None:
    state = known.states.get(key_of(cells))
    merges = state is State.ENTERED and cells["channel"] == OFFLINE
    return None if state in (None, State.RETURNED) or merges else _refuse("twice", key=key_of(cells))


def _disposed(cells: Mapping[str, str], known: Known) -> Refusal | None:
    adverse = set(_results(cells, known)) & ADVERSE_RESULTS
    if adverse and cells.get("disposal", NOTHING_FOLLOWS) == NOTHING_FOLLOWS:
        return _refuse("disposal", results=", ".join(sorted(adverse)))
    return None


def _third_party(cells: Mapping[str, str], known: Known) -> Refusal | None:
    return _refuse("third_party") if ("third_party" in cells) != ("third_party_conclusion" in cells) else None


_RULES: tuple[Callable[[Mapping[str, str], Known], Refusal | None], ...] = (
    _form, _wording, _selected, _department, _scanned, _team, _in_time, _once, _disposed, _third_party,
)  # fmt: skip

_SENTENCES = {
    "empty": (N_("{column} is empty but required"), "contract results"),
    "code": (N_("{column}: {value!r} is none of {allowed}"), "contract results"),
    "wording": (N_("the wording {wording!r} is not in the list of results"), "GS52—2017; 国市监信〔2019〕38号"),
    "alone": (N_("no problem was found, and {result_wordings!r} names other results beside it"), "GS52—2017"),
    "not_drawn": (
        N_("{entity_id} was not drawn for item {item_code} in visit {visit_id}, and no task asks for the check"),
        "city plan 四(二), 四(四)",
    ),
    "department": (
        N_("{department_code} (officer {inspector_code}) does not check item {item_code} in visit {visit_id}"),
        "谁检查、谁录入、谁公开: city plan 四(三)",
    ),
    "officers": (
        N_("visit {visit} was not scanned in at this object by two officers"),
        "总局令49 art. 23; 总局令57 art. 19",
    ),
    "absent": (N_("officer {inspector_code} was not on visit {visit_id}"), "总局令49 art. 23; city plan 四(三)"),
    "team": (
        N_("{officers} was not drawn for visit {visit}, and no change of the team is on record"),
        "city plan 四(二): officers are matched at random; a change names its reason",
    ),
    "before": (N_("the check of {day} lies before the draw or task of {drawn}"), "city plan 三(一), 四(二)"),
    "day": (N_("the check of {day} lies before the scan-in of {scanned} or after {today}"), "国办发〔2024〕54号"),
    "twice": (N_("{key} has a result already; it must be returned before it is entered again"), "city plan 四(三)"),
    "disposal": (N_("{results} was found but no disposal is named"), "city plan 四(二): lawful disposal"),
    "third_party": (N_("name the third party and whether its conclusion was adopted, both"), "city plan 四(二)"),
}


def _refuse(rule: str, **params: object) -> Refusal:
    template, reference = _SENTENCES[rule]
    return Refusal(rule, Message(template, params), reference)
