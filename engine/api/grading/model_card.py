"""The model card and the impact assessment of a monthly run, filled from what the run did; Chinese or English.

The assessment follows 个人信息保护法 arts 55-56: purpose and necessity, effect on the person, safeguards. What a
machine cannot know (who is responsible, what was decided) stays an open field.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import pandas as pd

from engine.api.grading.monthly_records import Manifest
from engine.messages import N_, Message, Translate
from engine.scorecard.tree import read_scorecard
from engine.store.outputs.model_cards import StoredModel
from engine.vocabulary import population_name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, as its card tells it.

    Parameters
    ----------
    shares, migration, stability : tables of the run. learned : cards of the stored models that decided.
    overrides : what stood above the score, by code, with how many firms it decided.
    audited : firms without a warning that were picked for a check.
    sectors : table ``grade_sectors`` of the run.
    """

    shares: pd.DataFrame
    migration: pd.DataFrame
    stability: pd.DataFrame
    learned: Sequence[StoredModel] = ()
    overrides: Mapping[str, int] = field(default_factory=dict)
    audited: int = 0
    sectors: pd.DataFrame = field(default_factory=pd.DataFrame)


def card(manifest: Manifest, outcome: Outcome) -> dict[str, object]:
    """Return the model card as JSON can hold it."""
    book, as_of = manifest.book, manifest.as_of
    cards = {}
    for kind, name in sorted(book.value("scorecard.models", on=as_of).items()):
        scorecard = read_scorecard(book, name=name, on=as_of)
        cards[kind] = {
            "scorecard": name,
            "valid_on": scorecard.valid_on.isoformat(),
            "reference": scorecard.reference,
            "consistency_ratios": {code: round(ratio, 4) for code, ratio in scorecard.consistency_ratios.items()},
            "indicators": [
                {"code": each.code, "label": each.label, "feature": each.feature, "points": each.points}
                for each in scorecard.indicators
            ],
        }
    return {
        "run_id": manifest.run_id,
        "as_of": as_of.isoformat(),
        "profile": book.profile,
        "policy_digest": book.digest,
        "model_digest": manifest.model_digest,
        "code": manifest.code,
        "champion": book.value("grading.champion", on=as_of),
        "champion_reference": book.dated("grading.champion", on=as_of).reference,
        "overrides": book.value("grading.overrides", on=as_of),
        "minimum_coverage": book.value("grading.minimum_coverage", on=as_of),
        "hysteresis": book.value("grading.hysteresis", on=as_of),
        "override_grounds": book.value("grading.override_grounds", on=as_of),
        "sectors": book.value("grading.sectors", on=as_of),
        "scorecards": cards,
        "learned": [asdict(each) for each in outcome.learned],
        "shares": _records(outcome.shares),
        "migration": _records(outcome.migration),
        "stability": _records(outcome.stability),
        "above_the_score": dict(sorted(outcome.overrides.items())),
        "sectors_joined": _sectors(outcome.sectors),
        "audited": outcome.audited,
    }


def _sectors(joins: pd.DataFrame) -> list[dict[str, object]]:
    """Return per rule and form how many firms carried a grade of the sector, and whose grade it moved."""
    if joins.empty:
        return []
    moved = joins["is_deciding"] & (joins["joint_grade"] != joins["credit_grade"])
    by = joins.assign(moved=moved).groupby(["code", "scheme", "join"], sort=True)["moved"].agg(n="size", n_moved="sum")
    return [{str(k): v for k, v in row.items()} for row in by.astype(int).reset_index().to_dict("records")]


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    rows = table.drop(columns="as_of", errors="ignore").to_dict("records")
    return [{str(k): None if isinstance(v, float) and v != v else v for k, v in row.items()} for row in rows]


def card_text(content: Mapping[str, object], *, translate: Translate) -> str:
    """Return the card and the assessment as Markdown."""

    def said(text: str, **params: object) -> str:
        return Message(text, params).render(translate)

    lines = [
        "# " + said(N_("Model card and impact assessment of {run}"), run=content['run_id']),
        "",
        said(N_("Graded as of {as_of}: profile {profile}, policies {policies}, scorecards {model}, program {code}."),
             as_of=content["as_of"], profile=content["profile"], policies=str(content["policy_digest"])[:12],
             model=str(content["model_digest"])[:12], code=_code(content)),
        "",
        "## " + said(N_("What it is for")),
        "",
        said(N_("An internal reference for allotting supervision. It is no evaluation of a firm's credit, is never published, and never triggers a punishment.")),  # noqa: E501
        "",
        "## " + said(N_("Indicators and points")),
        "",
    ]  # fmt: skip
    for kind, scorecard in _mapping(content["scorecards"]).items():
        entry = _mapping(scorecard)
        worst = max([float(str(v)) for v in _mapping(entry["consistency_ratios"]).values()], default=0.0)
        lines += [
            f"### {population_name(kind, translate)} · {entry['scorecard']}",
            "",
            said(N_("In force since {day}; largest consistency ratio {ratio}. Rests on: {reference}"),
                 day=entry["valid_on"], ratio=f"{worst:.3f}", reference=entry["reference"]),
            "",
            *[f"- {translate(str(each['label']))}: {each['points']}" for each in _rows(entry["indicators"])],
            "",
        ]  # fmt: skip
    lines += [*_learned_lines(content, translate=translate)]
    lines += ["## " + said(N_("Grades")), ""]
    lines += [
        f"- {population_name(str(r['population']), translate)} {r['grade']}: {r['n']}"
        + ("" if r["share"] is None else f" ({float(str(r['share'])):.1%})")
        for r in _rows(content["shares"])
    ]
    above = _mapping(content["above_the_score"])
    lines += ["", said(N_("Decided above the score (statute, sector, two persons): {said}."),
                       said=", ".join(f"{code} {n}" for code, n in above.items()) or "0")]  # fmt: skip
    lines += [
        "- "
        + said(
            N_("{scheme} ({code}, {join}): {n} firms carry a grade of the sector, it moved that of {moved}"),
            scheme=each["scheme"], code=each["code"], join=each["join"], n=each["n"], moved=each["n_moved"],
        )
        for each in _rows(content["sectors_joined"])
    ]  # fmt: skip
    lines += ["", "## " + said(N_("Stability since the run before")), ""]
    lines += [
        f"- {population_name(str(r['population']), translate)}: PSI {float(str(r['psi'])):.3f} (n = {r['n']})"
        for r in _rows(content["stability"])
    ] or [said(N_("There is no run before."))]
    lines += [
        "",
        "## " + said(N_("Impact assessment")),
        "",
        "- "
        + said(
            N_("Purpose and necessity: frequency of checks by risk, from records of registers and supervision alone.")
        ),
        "- "
        + said(
            N_(
                "Effect on the person: more or fewer checks; grade D and special measures "
                "take effect only after a named person confirms them."
            )
        ),
        "- "
        + said(
            N_(
                "Safeguards: every score carries reasons with evidence; repaired, expired and revoked "
                "records count zero; names stay inside."
            )
        ),
        "- "
        + said(
            N_(
                "Right to object: a grade is annotated while it is disputed; if the objection is upheld it is computed "
                "again from the corrected records and kept beside the old one. {n} firms without a warning are checked "
                "at random, so that what the rules miss is known."
            ),
            n=content["audited"],
        ),
        "- " + said(N_("Responsible person: ____________  Decision: ____________  Date: ____________")),
        "",
    ]
    return "\n".join(lines)


def _learned_lines(content: Mapping[str, object], *, translate: Translate) -> Iterator[str]:
    """Lines on every stored model that decided: what it learned from, how it is calibrated, what it reads."""
    learned = _rows(content["learned"])
    if not learned:
        return

    def said(text: str, **params: object) -> str:
        return Message(text, params).render(translate)

    yield "## " + said(N_("Learned models"))
    yield ""
    for model in learned:
        population = population_name(str(model["population"]), translate)
        yield f"### {population} · {model['name']} · {str(model['digest'])[:12]}"
        yield ""
        yield said(
            N_(
                "Learned from {rows} checks of {entities} firms ({adverse} with findings), known by {known_by}; basis: "
                "{basis}. Calibration: {method}, {knots} points. Promoted after {promotion}."
            ),
            rows=model["n_rows"], entities=model["n_entities"], adverse=model["n_adverse"],
            known_by=model["known_by"], basis=model["basis"], method=model["calibration_method"],
            knots=len(_rows_of(model["calibration_knots"])), promotion=model["promotion"],
        )  # fmt: skip
        yield ""
        for each in _rows(list(_rows_of(model["features"]))):
            yield said(
                N_("- {feature}: share of what moves the score {importance}; direction {direction}"),
                feature=each["name"], importance=f"{float(str(each['importance'])):.1%}", direction=each["direction"],
            )  # fmt: skip
        yield ""


def _rows_of(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _code(content: Mapping[str, object]) -> str:
    code = _mapping(content["code"])
    return f"{code['version']} {str(code['digest'])[:12]}"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: object) -> list[Mapping[str, object]]:
    return list(value) if isinstance(value, list) else []
