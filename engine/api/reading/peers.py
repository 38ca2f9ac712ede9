"""An object's place among its peers: the whole population, and its own section of industry in its own district."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.marts.peers import EVERY, is_current, ranks_of, section_of
from engine.errors import TableMissingError
from engine.grading.ranks import Rank
from engine.messages import N_, Message
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SECTION_NAMES, population_title


@dataclass(frozen=True, slots=True)
class PeerPlace:
    """Place of an object in one group of peers.

    Parameters
    ----------
    population, section, district_code : of the group; section (letter of GB/T 4754) and district are empty for the
        whole population.
    n : objects of the group with a grade of their score, this one among them.
    rank : its place, None where the group is too small to say.
    """

    population: str
    section: str
    district_code: str
    n: int
    rank: Rank | None

    @property
    def riskier_than(self) -> float | None:
        """Share of the other objects with a lower score, equal ones counted half; None in too small a group."""
        return None if self.rank is None else self.rank.riskier_than

    @property
    def said(self) -> Message:
        """The sentence for people."""
        named = SECTION_NAMES.get(self.section)
        section = Message(named) if named else self.section
        about = {"letter": self.section, "section": section, "district": self.district_code}
        group = Message(N_("{letter} {section} in district {district}"), about)
        said = {"group": group if self.section else population_title(self.population), "n": f"{self.n:,}"}
        if self.riskier_than is None:
            return Message(N_("{group}: {n} objects, too few to say a place"), said)
        return Message(
            N_("{group}: riskier than {share} of the other objects ({n} in all)"),
            said | {"share": f"{self.riskier_than:.1%}"},
        )


def peer_places(workspace: Workspace, *, entity_id: str) -> tuple[PeerPlace, ...]:
    """Return an object's place in its population and in its section and district, by the newest grades.

    The groups reach beyond the districts of whoever asks: they are counts that name no firm, as the limits between the
    grades are. Only of an object in sight is the place told.

    Returns
    -------
    The population first. Empty for an object without a grade of its score; the second is missing where section or
    district is not known.

    Raises
    ------
    TableMissingError
        The places of the newest grades are not counted yet.

    Notes
    -----
    Cost: one filtered scan of the newest grades, one of the register, one small file.
    """
    grades = workspace.warehouse.read("grades")
    own = pd.DataFrame(grades.filter(grades.entity_id == entity_id).execute())
    if own.empty or pd.isna(own["score"].iloc[0]) or own["score_grade"].iloc[0] == "U":
        return ()
    if not is_current(workspace):
        raise TableMissingError(table="score_ranks", remedy=Message(N_("let 'xinheng marts build' make it")))
    population, score = str(own["population"].iloc[0]), float(own["score"].iloc[0])
    places = [_place(workspace, population, EVERY, EVERY, score=score)]
    section, district = _address(workspace, entity_id, on=pd.Timestamp(own["as_of"].iloc[0]).date())
    if section and district:
        places.append(_place(workspace, population, section, district, score=score))
    return tuple(places)


def _place(workspace: Workspace, population: str, section: str, district: str, *, score: float) -> PeerPlace:
    rows = ranks_of(workspace, population=population, section=section, district_code=district)
    at = rows[rows["score"] == score]
    rank = None if at.empty else Rank(*(int(at[name].iloc[0]) for name in ("n_below", "n_equal", "n")))
    return PeerPlace(population, section, district, int(rows["n"].max()) if len(rows) else 0, rank)


def _address(workspace: Workspace, entity_id: str, *, on: date) -> tuple[str, str]:
    """Section and district of the object as known on a day, empty where not known."""
    rows = workspace.warehouse.rows_of("entities", [entity_id]).to_pandas()
    day = pd.Timestamp(on)
    ends = pd.to_datetime(rows["superseded_at"])
    known = rows[(pd.to_datetime(rows["known_at"]) <= day) & (ends.isna() | (ends > day))]
    if known.empty:
        return "", ""
    last = known.iloc[[-1]]
    section, district = section_of(last["industry_code"]).iloc[0], last["district_code"].iloc[0]
    return "" if pd.isna(section) else str(section), "" if pd.isna(district) else str(district)
