"""The model card and the impact assessment of a monthly run, filled from what the run did; Chinese or English.

The assessment follows 个人信息保护法 arts 55-56: purpose and necessity, effect on the person, safeguards. What a
machine cannot know (who is responsible, what was decided) stays an open field.
"""

from collections.abc import Mapping

import pandas as pd

from engine.api.monthly_records import Manifest
from engine.messages import N_, Message, Translate
from engine.scorecard.tree import read_scorecard
from engine.vocabulary import POPULATION_NAMES


def card(
    manifest: Manifest, *, shares: pd.DataFrame, migration: pd.DataFrame, stability: pd.DataFrame
) -> dict[str, object]:
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
        "scorecards": cards,
        "shares": _records(shares),
        "migration": _records(migration),
        "stability": _records(stability),
    }


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
            f"### {translate(POPULATION_NAMES.get(kind, kind))} · {entry['scorecard']}",
            "",
            said(N_("In force since {day}; largest consistency ratio {ratio}. Rests on: {reference}"),
                 day=entry["valid_on"], ratio=f"{worst:.3f}", reference=entry["reference"]),
            "",
            *[f"- {translate(str(each['label']))}: {each['points']}" for each in _rows(entry["indicators"])],
            "",
        ]  # fmt: skip
    lines += ["## " + said(N_("Grades")), ""]
    lines += [
        f"- {translate(POPULATION_NAMES.get(str(r['population']), str(r['population'])))} {r['grade']}: {r['n']}"
        + ("" if r["share"] is None else f" ({float(str(r['share'])):.1%})")
        for r in _rows(content["shares"])
    ]
    lines += ["", "## " + said(N_("Stability since the run before")), ""]
    lines += [
        f"- {translate(POPULATION_NAMES.get(str(r['population']), str(r['population'])))}: "
        f"PSI {float(str(r['psi'])):.3f} (n = {r['n']})"
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
        "- " + said(N_("Responsible person: ____________  Decision: ____________  Date: ____________")),
        "",
    ]
    return "\n".join(lines)


def _code(content: Mapping[str, object]) -> str:
    code = _mapping(content["code"])
    return f"{code['version']} {str(code['digest'])[:12]}"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: object) -> list[Mapping[str, object]]:
    return list(value) if isinstance(value, list) else []
