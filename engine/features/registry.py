"""All features, in the order of the feature table, and their published list."""

from collections.abc import Iterable, Sequence

import pandas as pd

from engine.errors import FeatureDeclarationError
from engine.features.declaration import Aggregate, Feature
from engine.features.families import (
    annual_reports,
    complaints,
    entities,
    external_grades,
    inspections,
    licences,
    listings,
    peers,
    penalties,
    registrations,
    related,
    violations,
)
from engine.features.sources import ENTITIES, ENTITY_COLUMNS, EVENT_SOURCES
from engine.messages import Translate

LIST_HEAD = """# Features

Generated from the declarations in `engine/features/families` by `python -m tests.feature_list`; do not edit.

{n} features. Each is a function of (entity_id, as_of): a record counts only if it had occurred and was known by the
end of `as_of`, was not superseded, and was in force (not repaired, expired, revoked or withdrawn). Windows are calendar
months, `as_of - lookback < occurred_on <= as_of`. Operators: `engine/features/declaration.py`. Direction +1: a higher
value means more risk; -1: less; 0: no claim. Counts are 0 when the source is there and holds nothing, and null when
the source is not there; means, shares, last values and days since are null when there is nothing to take them of."""


def registered(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Return the features in the order given.

    Raises
    ------
    FeatureDeclarationError
        A name is declared twice, or a feature reads a source or a column that does not exist.
    """
    by_name: dict[str, Feature] = {}
    for feature in features:
        if feature.name in by_name:
            raise FeatureDeclarationError(
                name=feature.name, problem="it is declared twice; give one of them another name"
            )
        _require_columns(feature)
        by_name[feature.name] = feature
    return tuple(by_name.values())


def _require_columns(feature: Feature) -> None:
    if feature.source == ENTITIES:
        available: tuple[str, ...] = ENTITY_COLUMNS
        is_fitting = feature.aggregate in (Aggregate.ATTRIBUTE, Aggregate.PEER_COUNT)
    else:
        source = EVENT_SOURCES.get(feature.source)
        available = () if source is None else tuple(measure.name for measure in source.measures)
        is_fitting = source is not None and feature.aggregate not in (Aggregate.ATTRIBUTE, Aggregate.PEER_COUNT)
    if not is_fitting:
        raise FeatureDeclarationError(
            name=feature.name, problem=f"{feature.aggregate} cannot be taken over {feature.source}"
        )
    for column in (*feature.where, feature.column, feature.per):
        if column is not None and column not in available:
            raise FeatureDeclarationError(
                name=feature.name, problem=f"{feature.source} has no {column}, only {', '.join(available)}"
            )


FEATURES = registered(
    (
        *inspections.FEATURES,
        *violations.FEATURES,
        *penalties.FEATURES,
        *listings.FEATURES,
        *complaints.FEATURES,
        *entities.FEATURES,
        *peers.FEATURES,
        *registrations.FEATURES,
        *licences.FEATURES,
        *annual_reports.FEATURES,
        *external_grades.FEATURES,
        *related.FEATURES,
    )
)


def feature_table(features: Iterable[Feature] = FEATURES, *, translate: Translate = str) -> pd.DataFrame:
    """Return the published list: one row per feature, all text but ``direction``; titles by ``translate``."""
    return pd.DataFrame(
        {
            "name": feature.name,
            "title": feature.title.render(translate),
            "source": feature.source,
            "filter": " and ".join(feature.where),
            "aggregate": str(feature.aggregate),
            "column": " / ".join(part for part in (feature.column, feature.per) if part),
            "lookback": f"{feature.lookback_months} months" if feature.lookback_months else "all",
            "unit": feature.unit,
            "direction": feature.direction,
            "rationale": feature.rationale,
            "basis": feature.basis,
        }
        for feature in features
    )


def feature_list(features: Sequence[Feature] = FEATURES) -> str:
    """Return the published list as Markdown: one table per source."""
    table = feature_table(features)
    lines = [LIST_HEAD.format(n=len(table))]
    columns = ["name", "title", "filter", "aggregate", "column", "lookback", "unit", "direction", "rationale", "basis"]
    for source, rows in table.groupby("source", sort=False):
        lines += [f"\n## {source}\n", "| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
        lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows[columns].to_numpy()]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
