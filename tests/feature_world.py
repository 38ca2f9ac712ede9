"""Small worlds of records for tests: strategies, and one compiled feature query that is run on each of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count

import ibis
import pyarrow as pa
from hypothesis import strategies as st

from engine.features.build import build_features
from engine.features.registry import FEATURES
from engine.features.settings import DecayBand, FeatureParameters
from engine.validity.publicity import PublicityRules
from engine.validity.records import event_relations
from tests.feature_reference import KEYS

PARAMETERS = FeatureParameters(
    decay=(DecayBand(12, 1.0), DecayBand(24, 0.6), DecayBand(36, 0.3)),
    entity_prior_strength=10.0,
    peer_prior_strength=50.0,
)
RULES = {
    date(1949, 10, 1): {
        "penalties": {"none": 3, "minor": 60, "ordinary": 60, "serious": 60},
        "listings": {"abnormal": None, "serious_violation": 60, "judgment_defaulter": None},
    },
    date(2021, 9, 1): {
        "penalties": {"none": 3, "minor": 3, "ordinary": 36, "serious": 36},
        "listings": {"abnormal": None, "serious_violation": 36, "judgment_defaulter": None},
    },
}
STAMPS = [("occurred_on", pa.date32()), ("known_at", pa.date32())]
VERSIONED = [*STAMPS, ("superseded_at", pa.date32())]
SCHEMAS = {
    "entities": pa.schema(
        [
            ("entity_id", pa.string()),
            *VERSIONED,
            ("name", pa.string()),
            ("population", pa.string()),
            ("industry_code", pa.string()),
            ("district_code", pa.string()),
            ("address", pa.string()),
            ("registered_capital_fen", pa.int64()),
            ("status", pa.string()),
        ]
    ),
    "inspections": pa.schema(
        [
            ("inspection_id", pa.string()),
            ("visit_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("item_code", pa.string()),
            ("selection_mode", pa.string()),
            ("inclusion_probability", pa.float64()),
            ("result_codes", pa.string()),
            ("violations_critical", pa.int64()),
            ("violations_major", pa.int64()),
            ("violations_minor", pa.int64()),
            ("severity_score", pa.float64()),
        ]
    ),
    "penalties": pa.schema(
        [
            ("penalty_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("severity", pa.string()),
            ("fine_fen", pa.int64()),
            ("confiscated_fen", pa.int64()),
            ("publicity_end_on", pa.date32()),
            ("valid_until", pa.date32()),
        ]
    ),
    "listings": pa.schema(
        [
            ("listing_event_id", pa.string()),
            ("listing_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("list_type", pa.string()),
            ("event", pa.string()),
        ]
    ),
    "complaints": pa.schema(
        [
            ("complaint_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("is_substantiated", pa.bool_()),
        ]
    ),
    "repairs": pa.schema(
        [
            ("repair_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("target_table", pa.string()),
            ("target_id", pa.string()),
            ("decision", pa.string()),
        ]
    ),
}
SCHEMAS |= {
    "licences": pa.schema(
        [
            ("licence_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("valid_until", pa.date32()),
            ("status", pa.string()),
        ]
    ),
    "annual_reports": pa.schema(
        [
            ("report_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("report_year", pa.int64()),
            ("status", pa.string()),
            ("is_truthful", pa.bool_()),
            ("assets_fen", pa.int64()),
            ("revenue_fen", pa.int64()),
            ("n_employees", pa.int64()),
        ]
    ),
    "external_grades": pa.schema(
        [
            ("external_grade_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("risk_position", pa.float64()),
            ("valid_until", pa.date32()),
        ]
    ),
    "relations": pa.schema(
        [
            ("relation_id", pa.string()),
            ("entity_id", pa.string()),
            *VERSIONED,
            ("related_id", pa.string()),
            ("ended_on", pa.date32()),
        ]
    ),
}
SPINE = pa.schema([("entity_id", pa.string()), ("as_of", pa.date32())])
ENTITY_IDS = ("uscc:1", "uscc:2", "uscc:3", "uscc:4")
FIRST = date(2017, 12, 25)
LAST = date(2023, 4, 5)
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def superseded(rows: list[dict], key: str) -> list[dict]:
    """Return the versions with ``superseded_at``, as the store hands them out."""
    known: dict[str, list[date]] = {}
    for row in rows:
        known.setdefault(row[key], []).append(row["known_at"])
    return [
        {**row, "superseded_at": min((day for day in known[row[key]] if day > row["known_at"]), default=None)}
        for row in rows
    ]


@dataclass
class Engine:
    """A DuckDB with one table per history and the feature query compiled once."""

    def __post_init__(self) -> None:
        self.connection = ibis.duckdb.connect()
        self.connection.raw_sql("SET threads = 1")
        for name, schema in SCHEMAS.items():
            self.connection.create_table(name, schema=ibis.Schema.from_pyarrow(schema))
        self.connection.create_table("spine", schema=ibis.Schema.from_pyarrow(SPINE))
        self.queries: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}

    def features(
        self, histories: dict[str, list[dict]], spine: list[tuple[str, date]], names: tuple[str, ...] = FEATURE_NAMES
    ) -> dict:
        """Return (entity_id, as_of) to feature name to value."""
        self.load(histories)
        self.fill("spine", [{"entity_id": entity, "as_of": as_of} for entity, as_of in spine], SPINE)
        rows = self.connection.raw_sql(self.query(tuple(sorted(histories)), names)).to_arrow_table().to_pylist()
        return {(row["entity_id"], row["as_of"]): {name: row[name] for name in names} for row in rows}

    def load(self, histories: dict[str, list[dict]]) -> None:
        """Fill the tables with all versions."""
        for name, rows in histories.items():
            self.fill(name, superseded(rows, KEYS[name]), SCHEMAS[name])

    def fill(self, name: str, rows: list[dict], schema: pa.Schema) -> None:
        """Replace the content of a table."""
        self.connection.raw_sql(f"DELETE FROM {name}")
        if rows:
            self.connection.con.register("incoming", pa.Table.from_pylist(rows, schema=schema))
            self.connection.raw_sql(f"INSERT INTO {name} SELECT * FROM incoming")
            self.connection.con.unregister("incoming")

    def relations(self, names: tuple[str, ...]) -> dict[str, ibis.Table]:
        """Return the event relations over the tables."""
        histories = {name: self.connection.table(name) for name in names}
        return event_relations(histories, rules=PublicityRules(RULES))

    def query(self, tables: tuple[str, ...], names: tuple[str, ...] = FEATURE_NAMES) -> str:
        """Return the compiled query of the features named, over the tables named."""
        if (tables, names) not in self.queries:
            features = [feature for feature in FEATURES if feature.name in names]
            table = build_features(
                self.relations(tables), self.connection.table("spine"), parameters=PARAMETERS, features=features
            )
            self.queries[tables, names] = ibis.to_sql(table, dialect="duckdb")
        return self.queries[tables, names]


@cache
def engine() -> Engine:
    """Return the engine of this process."""
    return Engine()


days = st.one_of(
    st.dates(FIRST, LAST), st.sampled_from([date(2020, 2, 29), date(2019, 8, 31), date(2020, 8, 31), date(2021, 2, 28)])
)
lags = st.sampled_from([0, 0, 1, 40, 400])
entity_ids = st.sampled_from(ENTITY_IDS)
small = st.one_of(st.none(), st.integers(0, 4))


@st.composite
def versions(draw, key: str, common: dict, varying: dict, min_size: int = 0, max_size: int = 6) -> list[dict]:
    """Draw records with one to three versions; a later version may differ in everything but the key and ``common``."""
    rows = []
    for number in range(draw(st.integers(min_size, max_size))):
        fixed = {key: f"{key[0]}{number}"} | {name: draw(strategy) for name, strategy in common.items()}
        occurred = draw(days)
        known_at = occurred + timedelta(days=draw(lags))
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
            rows.append(
                fixed
                | {"occurred_on": occurred, "known_at": known_at}
                | {name: draw(strategy) for name, strategy in varying.items()}
            )
            known_at += timedelta(days=draw(st.integers(1, 500)))
    return rows


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """Return the strategy or nothing."""
    return st.one_of(st.none(), strategy)


inspections = versions(
    "inspection_id",
    {"entity_id": entity_ids, "item_code": st.sampled_from(["i1", "i2"])},
    {
        "visit_id": st.sampled_from([f"v{n}" for n in range(9)]),
        "selection_mode": st.sampled_from(["random", "scheduled", "directed"]),
        "inclusion_probability": st.none(),
        "result_codes": st.sampled_from(
            [
                None,
                "no_problem",
                "no_problem",
                "no_activity",
                "exited",
                *["corrected"] * 4,
                "refused;corrected",
                "unreachable",
            ]
        ),
        "violations_critical": small,
        "violations_major": small,
        "violations_minor": small,
        "severity_score": maybe(st.integers(0, 60_000).map(lambda n: n / 1000)),
    },
    min_size=6,
    max_size=14,
)
penalties = versions(
    "penalty_id",
    {"entity_id": entity_ids},
    {
        "severity": st.sampled_from(["none", "minor", "ordinary", "serious"]),
        "fine_fen": maybe(st.integers(0, 10**7)),
        "confiscated_fen": maybe(st.integers(0, 10**7)),
        "publicity_end_on": maybe(days),
        "valid_until": maybe(days),
    },
    min_size=2,
)
complaints = versions("complaint_id", {"entity_id": entity_ids}, {"is_substantiated": maybe(st.booleans())}, min_size=2)
entities = versions(
    "number",
    {},
    {
        "name": st.sampled_from(["n1", "n1", "n2"]),
        "population": st.sampled_from(["enterprise", "enterprise", "enterprise", "facility"]),
        "industry_code": maybe(st.sampled_from(["H6210", "H62", "C13", "Bakery"])),
        "district_code": st.sampled_from(["d1", "d1", "d1", "d2", None]),
        "address": maybe(st.sampled_from(["a", "b"])),
        "registered_capital_fen": maybe(st.integers(0, 10**11)),
        "status": st.sampled_from(["active", "active", "closed"]),
    },
    min_size=4,
    max_size=4,
).map(lambda rows: [{**row, "entity_id": ENTITY_IDS[int(row["number"][1:])]} for row in rows])


@st.composite
def listings(draw) -> list[dict]:
    """Draw listing decisions and their removals; both may be corrected."""
    rows, numbers = [], count()
    for span in range(draw(st.integers(1, 4))):
        common = {
            "listing_id": f"l{span}",
            "entity_id": draw(entity_ids),
            "list_type": draw(st.sampled_from(["abnormal", "serious_violation", "judgment_defaulter"])),
        }
        listed = draw(days)
        for event, day in (("listed", listed), ("removed", listed + timedelta(days=draw(st.integers(0, 900))))):
            if event == "removed" and draw(st.booleans()):
                continue
            known_at = day + timedelta(days=draw(lags))
            identity = {"listing_event_id": f"e{next(numbers)}", "event": event}
            for _ in range(draw(st.sampled_from([1, 1, 2]))):
                rows.append(common | identity | {"occurred_on": day, "known_at": known_at})
                known_at += timedelta(days=draw(st.integers(1, 400)))
                day += timedelta(days=draw(st.integers(0, 300)))
    return rows


repairs = versions(
    "repair_id",
    {"entity_id": entity_ids},
    {
        "target": st.sampled_from(
            [("penalties", f"p{n}") for n in range(4)]
            + [("inspections", f"i{n}") for n in range(4)]
            + [("listings", f"l{n}") for n in range(3)]
        ),
        "decision": st.sampled_from(["repaired", "revoked", "corrected", "withdrawn"]),
    },
    max_size=5,
).map(
    lambda rows: [
        {k: v for k, v in row.items() if k != "target"}
        | {"target_table": row["target"][0], "target_id": row["target"][1]}
        for row in rows
    ]
)
licences = versions(
    "licence_id",
    {"entity_id": entity_ids},
    {
        "valid_until": maybe(days),
        "status": st.sampled_from(["valid", "valid", "valid", "suspended", "revoked", "cancelled", "withdrawn"]),
    },
    min_size=2,
)
annual_reports = versions(
    "report_id",
    {"entity_id": entity_ids},
    {
        "status": st.sampled_from(["filed", "late", "missing", "missing", "corrected"]),
        "is_truthful": maybe(st.booleans()),
        "assets_fen": maybe(st.sampled_from([0, 0, 10**9])),
        "revenue_fen": maybe(st.sampled_from([0, 0, 123_456])),
        "n_employees": maybe(st.sampled_from([0, 0, 7])),
    },
    min_size=3,
    max_size=9,
).map(lambda rows: [{**row, "report_year": 2010 + int(row["report_id"][1:])} for row in rows])
external_grades = versions(
    "external_grade_id",
    {"entity_id": entity_ids},
    {"risk_position": maybe(st.sampled_from([0.0, 0.333333, 0.5, 1.0])), "valid_until": maybe(days)},
    min_size=2,
)
relations = versions(
    "relation_id",
    {"entity_id": entity_ids},
    {
        "related_id": st.sampled_from(["person:1", "person:2", "address:1", "uscc:1", "uscc:2", "uscc:9"]),
        "ended_on": maybe(days),
    },
    min_size=3,
    max_size=9,
).map(lambda rows: [row for row in rows if row["related_id"] != row["entity_id"]])
histories = st.fixed_dictionaries(
    {
        "entities": entities,
        "inspections": inspections,
        "penalties": penalties,
        "complaints": complaints,
        "listings": listings(),
        "repairs": repairs,
        "licences": licences,
        "annual_reports": annual_reports,
        "external_grades": external_grades,
        "relations": relations,
    }
)
spines = st.lists(st.tuples(entity_ids, days), min_size=4, max_size=10, unique=True)
