"""What is known of an entity itself on a date."""

import ibis

from engine.features.events import KEY

DAYS_PER_YEAR = 365.25


def known_attributes(versions: ibis.Table, spine: ibis.Table) -> ibis.Table:
    """Return one row per row of the spine whose entity is known on the date.

    Parameters
    ----------
    versions : all versions of the entities, :func:`engine.features.sources.entity_versions`.
    spine : key (entity_id, as_of).

    Returns
    -------
    Table expression, key (entity_id, as_of): ``population``, ``district_code``, ``industry``, ``address`` (text),
    ``age_years`` since establishment (null when not known or later than ``as_of``), ``capital`` in yuan,
    ``is_active`` 0 or 1.
    """
    versions = versions.rename(version_entity="entity_id")
    joined = spine.select(*KEY).inner_join(
        versions,
        [
            spine.entity_id == versions.version_entity,
            versions.known_at <= spine.as_of,
            versions.until > spine.as_of,
        ],
    )
    days = joined.as_of.delta(joined.established_on, unit="day").cast("float64")
    age = (joined.established_on <= joined.as_of).ifelse(days / DAYS_PER_YEAR, None)
    return joined.mutate(age_years=age.cast("float64")).drop("version_entity", "known_at", "until", "established_on")
