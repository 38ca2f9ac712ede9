"""The figures of the charts as tables of text, with the column names of the reader's language."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from dashboards import words
from engine.api.accounts import Account
from engine.api.jobs.board import Job, JobState
from engine.draw.protocol.checks import Check, CheckState
from engine.messages import Translate
from engine.vocabulary import JOINER, reason_name

JOINED = JOINER
WHOLE = "*"
"""Key of a scope that hides nothing."""


def hit_rates(rates: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per way of selection and grade; nothing is written for a rate without results.

    Parameters
    ----------
    rates : see ``engine.api.reading.measures.hit_rates``.
    translate : the language.
    """
    _ = translate
    return pd.DataFrame(
        {
            _("Selection"): [words.mode_name(mode, _) for mode in rates["mode"]],
            _("Grade"): [words.grade_name(grade, _) for grade in rates["grade"]],
            "n": rates["n"].map(words.count),
            _("Hits"): rates["hits"].map(words.count),
            _("Hit rate"): [
                words.share(rate) if n > 0 else words.NOTHING
                for rate, n in zip(rates["hit_rate"], rates["n"], strict=True)
            ],
            _("Interval"): [
                words.share_interval(low, high) if n > 0 else words.NOTHING
                for low, high, n in zip(rates["low"], rates["high"], rates["n"], strict=True)
            ],
            _("Basis"): [words.basis_name(basis, _) for basis in rates["basis"]],
            _("Remark"): [
                remark(small=small, note=note, translate=_)
                for small, note in zip(rates["is_small"], rates["note"], strict=True)
            ],
        }
    )


def remark(*, small: bool, note: object, translate: Translate) -> str:
    """Return what stands beside a rate: that it rests on too few, and its note."""
    _ = translate
    said = [_("too few")] if small else []
    if isinstance(note, str) and note:
        said.append(_(note))
    return " · ".join(said)


def grade_shares(shares: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per grade with entities and share."""
    _ = translate
    return pd.DataFrame(
        {
            _("Grade"): [words.grade_name(grade, _) for grade in shares["grade"]],
            _("Entities"): shares["n_entities"].map(words.count),
            _("Share"): shares["share"].map(words.share),
        }
    )


def cells(cells: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per item and stratum of a draw with N, n and ratio; strata keep their opaque codes."""
    _ = translate
    return pd.DataFrame(
        {
            _("Item"): cells["item_name"],
            _("Stratum"): cells["stratum"],
            _("District"): cells["district_code"],
            _("Grade"): [words.grade_name(grade, _) for grade in cells["grade"]],
            "N": cells["n_units"].map(words.count),
            "n": cells["n_drawn"].map(words.count),
            _("Ratio drawn"): cells["inclusion_probability"].map(lambda value: words.share(value, digits=2)),
            _("Ratio by policy"): cells["design_probability"].map(lambda value: words.share(value, digits=2)),
        }
    )


def team_loads(loads: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per number of visits with the inspectors that carry it."""
    _ = translate
    return pd.DataFrame(
        {
            _("Visits per inspector"): loads["visits"].map(words.count),
            _("Inspectors"): loads["inspectors"].map(words.count),
        }
    )


def by_grade(ratios: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per item and grade with N, n and the ratio drawn."""
    _ = translate
    return pd.DataFrame(
        {
            _("Item"): ratios["item_name"],
            _("Grade"): [words.grade_name(grade, _) for grade in ratios["grade"]],
            "N": ratios["n_units"].map(words.count),
            "n": ratios["n_drawn"].map(words.count),
            _("Ratio drawn"): ratios["ratio"].map(lambda value: words.share(value, digits=2)),
        }
    )


def checks(found: Sequence[Check], *, translate: Translate) -> pd.DataFrame:
    """Return one row per named check: sign and word of the outcome, name, detail."""
    _ = translate
    outcomes = {
        CheckState.PASSED: ":green[✓ " + _("holds") + "]",
        CheckState.FAILED: ":red[✗ " + _("fails") + "]",
        CheckState.NOT_CHECKED: ":gray[○ " + _("not checked") + "]",
    }
    return pd.DataFrame(
        {
            _("Outcome"): [outcomes[check.state] for check in found],
            _("Check"): [words.check_name(check.name, _) for check in found],
            _("Detail"): [words.shortened(check.detail.render(_)) for check in found],
        }
    )


def policies(present: pd.DataFrame, tried: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return findings, visits, burden and half the interval of the next hit rate per grade, in force and tried.

    Parameters
    ----------
    present, tried : see ``engine.api.policies.simulation.simulated_table``; same rows.
    translate : the language.
    """
    _ = translate
    both = [table.set_index(["grade", "measure"]).to_dict("index") for table in (present, tried)]
    written = {
        _("Findings"): ("findings", lambda row: f"{row['p50']:,.0f} ({row['p10']:,.0f} – {row['p90']:,.0f})"),
        _("Visits"): ("visits", lambda row: words.count(round(row["p50"]))),
        _("Visits per firm"): ("visits_per_firm", lambda row: f"{row['expected']:.3f}"),
        _("Next hit rate ±"): ("half_width", lambda row: words.points(row["expected"], _)),
    }
    grades = [each for each in dict.fromkeys(present["grade"]) if each]
    return pd.DataFrame(
        {
            _("Grade"): [words.grade_name(grade, _) for grade in grades],
            **{
                _("{what}: in force → tried").format(what=name): [
                    " → ".join(write(table[(grade, measure)]) for table in both) for grade in grades
                ]
                for name, (measure, write) in written.items()
            },
        }
    )


def checks_by_district(
    present: pd.DataFrame, tried: pd.DataFrame, *, names: Mapping[str, str], translate: Translate
) -> pd.DataFrame:
    """Return expected checks per district under both allocations, largest change first.

    Strata that join several districts stand in one row at the end: their checks belong to no single district.

    Parameters
    ----------
    present, tried : tables of ``engine.api.policies.simulation.allocate_policy``.
    names : what people call the districts.
    translate : the language.
    """
    _ = translate
    before, after = (_checks_of(table) for table in (present, tried))
    both = pd.DataFrame({"before": before, "after": after}).fillna(0.0)
    both["change"] = both["after"] - both["before"]
    both = both.assign(joined=both.index == JOINED, size=-both["change"].abs())
    both = both.sort_values(["joined", "size"], kind="stable")
    return pd.DataFrame(
        {
            _("District"): [
                _("strata that join districts") if code == JOINED else names.get(str(code), str(code))
                for code in both.index
            ],
            _("Checks · in force"): both["before"].map(lambda value: f"{value:,.1f}"),
            _("Checks · tried"): both["after"].map(lambda value: f"{value:,.1f}"),
            _("Change"): both["change"].map(words.change),
        }
    )


def _checks_of(table: pd.DataFrame) -> "pd.Series[float]":
    codes = table["district_code"].astype(str)
    single = codes.where(~codes.str.contains(JOINER, regex=False), JOINED)
    return table.groupby(single)["expected_units"].sum()


def reads(
    rows: pd.DataFrame, *, kinds: Mapping[str, str], titles: Mapping[str, str], translate: Translate
) -> pd.DataFrame:
    """Return the lines of the log of reads (see ``engine.api.access_log.access_log``).

    Parameters
    ----------
    kinds : catalogue keys of what can happen. titles : catalogue keys of the pages, by name.
    """
    _ = translate
    return pd.DataFrame(
        {
            _("No."): rows["sequence"],
            _("At"): rows["at"].map(words.moment),
            _("Account"): [words.actor_name(name, _) for name in rows["account"]],
            _("Role"): [_(words.ROLES.get(role, role)) for role in rows["role"]],
            _("Rows in sight"): [_("everything") if scope == WHOLE else scope for scope in rows["scope"]],
            _("What happened"): [_(kinds.get(kind, kind)) for kind in rows["kind"]],
            _("Page, file or right"): [
                _(titles[what]) if kind == "page" and what in titles else what
                for kind, what in zip(rows["kind"], rows["what"], strict=True)
            ],
            _("Digest"): rows["digest"].map(words.shortened),
            _("Particulars"): rows["about"],
        }
    )


def decisions(rows: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return the entries of the ledger (see ``engine.api.access_log.decisions``)."""
    _ = translate
    return pd.DataFrame(
        {
            _("No."): rows["sequence"],
            _("At"): rows["entered_at"].map(words.moment),
            _("Who"): [words.actor_name(name, _) for name in rows["actor"]],
            _("Role"): [_(words.ROLES.get(role, role)) for role in rows["role"]],
            _("Action"): rows["action"],
            _("Subject"): rows["subject"],
            _("Reason"): rows["reason"],
            _("Digest"): rows["digest"].map(words.shortened),
        }
    )


def accounts(held: Iterable[Account], *, translate: Translate) -> pd.DataFrame:
    """Return one row per account with role, rows and whether it is active."""
    _ = translate
    rows = list(held)
    return pd.DataFrame(
        {
            _("Account"): [each.account for each in rows],
            _("Name"): [each.name for each in rows],
            _("Role"): [_(words.ROLES[each.role.value]) for each in rows],
            _("Districts"): [
                _("everything") if (codes := each.scope.districts) is None else ", ".join(codes) for each in rows
            ],
            _("Department"): [
                _("everything") if (codes := each.scope.departments) is None else ", ".join(codes) for each in rows
            ],
            _("Status"): [_("active") if each.is_active else _("revoked") for each in rows],
        }
    )


def jobs(
    held: Sequence[Job], *, kinds: Mapping[str, str], states: Mapping[JobState, str], translate: Translate
) -> pd.DataFrame:
    """Return one row per job with how far it is and what came of it."""
    _ = translate
    return pd.DataFrame(
        {
            _("Work"): [_(kinds[each.kind]) for each in held],
            _("Asked for by"): [words.actor_name(each.name, _) for each in held],
            _("Asked for at"): [words.moment(each.asked_at) for each in held],
            _("Status"): [_(states[each.state]) for each in held],
            _("Share done"): [words.share(each.share, digits=0) for each in held],
            _("What came of it"): [
                each.saying.render(_)
                if each.problem and each.saying
                else " · ".join(f"{name} {value}" for name, value in each.result.items() if not _is_nested(value))
                for each in held
            ],
        }
    )


def _is_nested(value: object) -> bool:
    """Whether a result is for its own page, not for a cell."""
    return isinstance(value, Mapping | list)


def signatures(signed: pd.DataFrame, *, records: Mapping[str, str], translate: Translate) -> pd.DataFrame:
    """Return one row per signature under a draw: over what, by whom, when."""
    _ = translate
    return pd.DataFrame(
        {
            _("Signed record"): [_(records[over]) for over in signed["over"]],
            _("Signed by"): signed["name"],
            _("At"): signed["at"].map(words.moment),
        }
    )


def published_lines(lines: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per published plan line with the draws held of those planned."""
    _ = translate
    return pd.DataFrame(
        {
            _("Items"): lines["item_names"].str.replace(JOINER, _(", ")),
            _("Plan"): lines["plan_id"],
            _("Line"): lines["line_id"],
            _("Codes"): lines["item_codes"].str.replace(JOINER, ", "),
            _("Draws held"): [f"{held} / {all_}" for held, all_ in zip(lines["held"], lines["draws"], strict=True)],
        }
    )


def seats(rows: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per item and grade of a draw not yet committed: in the frame, ratios, expected to be drawn."""
    _ = translate
    arms = {(False, False): "", (True, False): _("law makes it due"), (False, True): _("control arm")}
    shown = pd.DataFrame(
        {
            _("Item"): rows["item_name"],
            _("Code"): rows["item_code"],
            _("Grade"): rows["grade"].map(words.grade_tag),
            _("Part"): [
                arms.get((bool(due), bool(arm)), "")
                for due, arm in zip(rows["is_due"], rows["is_control"], strict=True)
            ],
            _("In the frame"): rows["n_units"],
            _("Ratios of its strata"): [
                words.share(low, digits=2)
                if low == high
                else f"{words.share(low, digits=2)} – {words.share(high, digits=2)}"
                for low, high in zip(rows["lowest"], rows["highest"], strict=True)
            ],
            _("Expected to be drawn"): [f"{each:,.1f}" for each in rows["expected_units"]],
        }
    )
    return shown if any(shown[_("Part")]) else shown.drop(columns=_("Part"))


def outside(rows: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per item and reason with how many rows of the register stay outside the frame."""
    _ = translate
    return pd.DataFrame(
        {
            _("Item"): rows["item_name"],
            _("Code"): rows["item_code"],
            _("Reason"): [reason_name(reason, _) for reason in rows["reason"]],
            _("Rows"): rows["n"],
        }
    )
