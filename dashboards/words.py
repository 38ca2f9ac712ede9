"""How figures and codes are written for people: shares, intervals, counts, dates, grades, names of codes.

One place, so that a card, a table and a chart never write the same figure in two ways. A null is written as a dash,
never as 0.
"""

import math
import re
import unicodedata
from datetime import date
from statistics import NormalDist

from dashboards.theme import GRADE_MARKS
from engine.api.records.contracts import column_names, contract_words, table_names
from engine.messages import N_, Translate
from engine.vocabulary import JOINER, SCORE_NAMES

NOTHING = "—"
OPERATOR = N_("local operator")
FRACTION = re.compile(r"^\.\d+")
CODE = re.compile(r"[a-z][a-z0-9_]*")
DIGEST = re.compile(r"[0-9a-f]{64,}")
MARKS = re.compile(r"([!-/:-@\[-`{-~])")


MODES = {
    "random": N_("Random draw"),
    "filtered_draw": N_("Random draw in a filtered pool"),
    "scheduled": N_("Scheduled inspections"),
    "directed": N_("Directed inspections"),
    "reserve": N_("Reserves"),
    "other": N_("Inspections of unknown design"),
}

SOURCES = {
    "fc3d": N_("welfare lottery 3D"),
    "kl8": N_("welfare lottery Happy 8"),
    "ssq": N_("welfare lottery Double Colour Ball"),
    "pl3": N_("sports lottery Pick 3"),
    "pl5": N_("sports lottery Pick 5"),
    "qxc": N_("sports lottery Seven Star"),
    "dlt": N_("sports lottery Super Lotto"),
    "ceremony": N_("public ceremony before the event"),
    "sim": N_("simulated source"),
}

CHECKS = {
    "format": N_("The records are well formed"),
    "commitment.schema": N_("The commitment is complete"),
    "commitment.digest": N_("Digest of the commitment"),
    "commitment.anchored": N_("Same commitment as published before the draw"),
    "commitment.plan": N_("The draw is in its plan, or says why not"),
    "signatures.commitment": N_("Two different people signed the commitment"),
    "class": N_("Kind of draw: real or simulated"),
    "entropy.events": N_("The committed events were used"),
    "entropy.encoding": N_("Spelling of the entropy values"),
    "entropy.expected": N_("Same entropy values as published"),
    "entropy.policy": N_("Enough entropy from enough operators"),
    "entropy.timing": N_("The entropy came after the commitment"),
    "entropy.beacons": N_("Beacon values bear their network's signature"),
    "seed": N_("The seed follows from commitment and entropy"),
    "frame.rows": N_("The rows of the frame are in order"),
    "frame.root": N_("Root of the frame"),
    "frame.counts": N_("The sizes of the frame add up"),
    "draw.sizes": N_("The sample sizes follow from the ratios"),
    "draw.selected": N_("The smallest tickets were selected"),
    "draw.thresholds": N_("Largest selected tickets"),
    "draw.reserves": N_("Reserves follow in ticket order"),
    "draw.probabilities": N_("The published probabilities"),
    "visits": N_("The visits join the selected items"),
    "roster.root": N_("Root of the roster of inspectors"),
    "match.ladder": N_("Relaxations only where they were needed"),
    "match.posts": N_("Every team has the posts it needs"),
    "match.officers": N_("Only permitted inspectors were matched"),
    "match.sums": N_("Sums of loads and tickets"),
    "match.optimal": N_("No fairer match exists"),
    "match.unique": N_("No other match is as good"),
    "match.leaders": N_("The leaders follow from the tickets"),
    "opening": N_("The opened rows belong to the frame"),
    "certificate.digest": N_("Digest of the certificate"),
    "signatures.certificate": N_("Two different people signed the certificate"),
    "signatures.signers": N_("The keys are those of the signers"),
    "log.inclusion": N_("The commitment stands in the public log"),
    "log.published": N_("The published log continues the certificate's"),
    "timestamps.commitment": N_("Time stamp of the commitment"),
    "timestamps.certificate": N_("Time stamp of the certificate"),
    "substitutions.chain": N_("Substitutions form one unbroken chain"),
    "substitutions.reserves": N_("Reserves were used in ticket order"),
    "substitutions.officers": N_("Officers were replaced by the next ticket"),
    "audit.key": N_("The auditor's key is the committed one"),
    "audit.handles": N_("Every row is an object of the register"),
    "audit.grades": N_("The grades are those frozen by the commitment"),
    "audit.strata": N_("Strata follow from the frozen grades"),
}

OBJECTION_STATES = {
    "filed": N_("waits to be taken up"),
    "accepted": N_("taken up"),
    "annotated": N_("taken up, record marked as disputed"),
    "rejected": N_("not taken up"),
    "maintained": N_("record maintained"),
    "corrected": N_("record to be corrected"),
    "withdrawn": N_("withdrawn"),
}
VERDICTS = {"above": N_("▲ above chance"), "below": N_("▼ below chance"), "inside": N_("● within chance")}
ROLES = {
    "leader": N_("Leader"),
    "analyst": N_("Analyst"),
    "draw_officer": N_("Draw officer"),
    "inspector": N_("Inspector"),
    "auditor": N_("Auditor"),
    "admin": N_("Administrator"),
}

RESULT_TABLES = {
    "grades": N_("grade given"),
    "grade_sectors": N_("grade of a sector joined"),
    "selections": N_("in the frame of a draw"),
    "teams": N_("team"),
    "graded_results": N_("result of a draw"),
    "matches": N_("duplicates merged"),
}

BASES = {"design-based": N_("design-based"), "not design-based": N_("not design-based")}


def is_missing(value: object) -> bool:
    """Return whether ``value`` is null: None, NaN or NaT."""
    return value is None or value != value


def share(value: float | None, *, digits: int = 1) -> str:
    """Return a share 0..1 as per cent."""
    return NOTHING if value is None or is_missing(value) else f"{value:.{digits}%}"


def times(value: float | None) -> str:
    """Return a ratio with two decimals and the sign for "times"."""
    if value is None or is_missing(value):
        return NOTHING
    return "∞" if math.isinf(value) else f"{value:.2f}×"


def count(value: float | None) -> str:
    """Return a count with thousands separated."""
    return NOTHING if value is None or is_missing(value) else f"{int(value):,}"


def share_interval(low: float | None, high: float | None) -> str:
    """Return the limits of a share; a dash where there are none."""
    return NOTHING if is_missing(low) and is_missing(high) else f"{share(low)} – {share(high)}"


def times_interval(low: float | None, high: float | None) -> str:
    """Return the limits of a ratio; a dash where there are none."""
    return NOTHING if is_missing(low) and is_missing(high) else f"{times(low)} – {times(high)}"


def change(value: float, *, digits: int = 1) -> str:
    """Return a difference with its sign; what rounds to nothing is 0, without a sign."""
    if is_missing(value):
        return NOTHING
    return "0" if round(value, digits) == 0 else f"{value:+,.{digits}f}"


POLICY_AREAS = {
    "access": N_("rights of the roles"),
    "capacity": N_("capacity"),
    "deadlines": N_("deadlines"),
    "draw": N_("the draw"),
    "estimation": N_("estimation"),
    "features": N_("features"),
    "grading": N_("grading"),
    "intake": N_("intake"),
    "kpi": N_("figures of departments"),
    "models": N_("models"),
    "outcomes": N_("what follows a finding"),
    "plan": N_("the annual plan"),
    "publicity": N_("publication"),
    "quality": N_("gate of data quality"),
    "ratios": N_("sampling ratios"),
    "registers": N_("registers"),
    "scorecard": N_("scorecard"),
    "validity": N_("validity of records"),
    "warnings": N_("early warnings"),
}
"""What people call the areas of dated policy, by the beginning of a parameter's name."""


def policy_areas(parameters: str, translate: Translate) -> str:
    """Return the areas that parameters (joined by ;) belong to, each once; a name of no known area stays as it is."""
    found = [each.partition(".")[0] for each in parameters.split(JOINER)]
    return ", ".join(dict.fromkeys(translate(POLICY_AREAS[area]) if area in POLICY_AREAS else area for area in found))


POLICY_NAMES = {
    "grading.shares": N_("shares of the grades"),
    "grading.thresholds": N_("score limits of the grades"),
    "grading.minimum_coverage": N_("least coverage of records for a grade"),
    "grading.hysteresis": N_("points beyond a limit that a move takes"),
    "grading.overrides": N_("statutory grades above the score"),
    "grading.sectors": N_("sectors with grades of their own"),
    "grading.sector_models": N_("sectors with models of their own"),
    "ratios.general": N_("yearly ratio of general items"),
    "ratios.key": N_("yearly ratio of key items"),
    "ratios.items": N_("yearly ratio of single items"),
    "ratios.floor": N_("least yearly ratio"),
    "ratios.legal_floor": N_("checks due by law"),
    "ratios.visit_cap": N_("most visits of a firm in a year"),
}
"""Dated policies that the pages name one by one; others go by their area."""


def policy_name(parameter: str, translate: Translate) -> str:
    """Return what people call a dated policy; of one without a name of its own, its area."""
    return translate(POLICY_NAMES[parameter]) if parameter in POLICY_NAMES else policy_areas(parameter, translate)


def document(reference: str) -> str:
    """Return the document that a reference names before what it explains; empty for a choice of the design."""
    named = reference.partition(": ")[0]
    return "" if named == "design" or named.startswith("before ") else named


POINTS = N_("{change} points")
SHARES = frozenset({"cv", "visited_share"})
"""Measures of a policy that are shares: their differences are points of per cent."""
HALF_WIDTH = NormalDist().inv_cdf(0.975)
"""Coefficients of variation in half an interval that holds 95 %."""


def points(half: float, translate: Translate) -> str:
    """Return half an interval of a share in points of per cent; a dash where nothing would be drawn."""
    return NOTHING if math.isinf(half) or is_missing(half) else translate(POINTS).format(change=f"±{100 * half:.1f}")


def amount(measure: str, value: float) -> str:
    """Return a measure of a policy as its card shows it.

    Parameters
    ----------
    measure : of :func:`engine.laboratory.simulation.measures`; ``cv`` is written as half an interval of 95 %, relative.
    """
    if is_missing(value):
        return NOTHING
    held = value * HALF_WIDTH if measure == "cv" else value
    return share(held) if measure in SHARES else f"{held:,.{2 if measure == 'days_per_finding' else 0}f}"


def amount_change(measure: str, p50: float, p10: float, p90: float, translate: Translate) -> str:
    """Return the difference of a measure between two policies with its span; that of shares in points of per cent."""
    scale = (HALF_WIDTH if measure == "cv" else 1.0) * (100 if measure in SHARES else 1)
    digits = 2 if measure == "days_per_finding" else 1 if measure in SHARES else 0
    middle, low, high = (change(scale * each, digits=digits) for each in (p50, p10, p90))
    text = f"{middle} ({low} – {high})"
    return translate(POINTS).format(change=text) if measure in SHARES else text


def actor_name(name: str, translate: Translate) -> str:
    """Return the name under an act; the operator of a machine without accounts has no other name than that."""
    return translate(OPERATOR) if name == OPERATOR else name


def score_name(name: str, translate: Translate) -> str:
    """Return what people call a score or model."""
    return translate(SCORE_NAMES[name]) if name in SCORE_NAMES else name


def day(value: date | str | None) -> str:
    """Return a date, or its ISO text, as YYYY-MM-DD."""
    if value is None or is_missing(value):
        return NOTHING
    return (value if isinstance(value, str) else value.isoformat())[:10]


def grade_name(grade: str, translate: Translate) -> str:
    """Return letter, shape and words of a grade, e.g. ``D ◆ high risk``; of merged grades the letters and shapes."""
    tag = grade_tag(grade)
    return f"{tag} {translate(GRADE_MARKS[grade].label)}" if grade in GRADE_MARKS else tag


def grade_tag(grade: str) -> str:
    """Return letter and shape of a grade, e.g. ``D ◆``; merged grades (joined by ``;``) as ``C ▲ + D ◆``."""
    return " + ".join(f"{letter} {GRADE_MARKS[letter].symbol}" for letter in grade.split(JOINER))


def moment(text: str) -> str:
    """Return an RFC 3339 time to the minute, with its offset."""
    offset = FRACTION.sub("", text[19:])
    return f"{text[:10]} {text[11:16]} {offset}".strip() if len(text) >= 19 else text or NOTHING


def mode_name(mode: str, translate: Translate) -> str:
    """Return the name of a way of selection."""
    return translate(MODES[mode]) if mode in MODES else mode


def basis_name(basis: str, translate: Translate) -> str:
    """Return what gives a rate the right to generalise."""
    return translate(BASES[basis]) if basis in BASES else basis


def p_value(value: float | None) -> str:
    """Return a p-value, small ones as ``< 0.001``."""
    if value is None or is_missing(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def source_name(source: str, translate: Translate) -> str:
    """Return the name of an entropy source with its code."""
    return f"{translate(SOURCES[source])} ({source})" if source in SOURCES else source


def plain(text: str) -> str:
    """Return ``text`` for where markdown is read, with none of its marks taken for such."""
    return MARKS.sub(r"\\\1", text)


def width(text: str) -> int:
    """Return how wide a text is in Latin characters; a Chinese one counts as two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def shortened(text: str) -> str:
    """Return ``text`` with every digest cut to its first twelve and last eight digits, for cells of tables."""
    return DIGEST.sub(lambda found: f"{found[0][:12]}…{found[0][-8:]}", text)


def check_name(name: str, translate: Translate) -> str:
    """Return the words of a verification check with its fixed name, which the command line prints too."""
    return f"{translate(CHECKS[name])} · {name}" if name in CHECKS else name


def table_name(table: str, translate: Translate) -> str:
    """Return what people call a contract table: the contract's own Chinese name, or its code as English words.

    The contracts hold these names, not the catalogue; a reader whose catalogue leaves English alone reads English.
    """
    if table in RESULT_TABLES:
        return translate(RESULT_TABLES[table])
    english = table.replace("_", " ")
    return english if _is_english(translate) else table_names().get(table, english)


def column_name(table: str, column: str, translate: Translate) -> str:
    """Return what people call a column of a contract table, as :func:`table_name` does the table."""
    english = column.replace("_", " ")
    return english if _is_english(translate) else column_names(table).get(column, english)


def code_name(column: str, code: str, translate: Translate) -> str:
    """Return what people call a code of a contract's column, several codes each; what is no code stays as it is."""
    if _is_english(translate):
        return code.replace("_", " ") if CODE.fullmatch(code) else code
    held = contract_words("zh")
    return JOINER.join(held.code(column, each) or each for each in code.split(JOINER))


def _is_english(translate: Translate) -> bool:
    """Whether the catalogue leaves English alone; the contracts' own words are not in it."""
    return translate(MODES["random"]) == MODES["random"]
