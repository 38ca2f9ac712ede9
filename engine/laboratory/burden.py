"""Whom a policy visits more or less: expected visits summed over groups of objects, such as districts or sectors."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import Codes, FloatArray
from engine.laboratory.simulation import planned_units, visit_chances


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Objects of a frame in groups.

    Parameters
    ----------
    names : of the groups. members : (groups, profiles) objects of each profile in each group.
    """

    names: tuple[str, ...]
    members: sp.csr_matrix

    @property
    def firms(self) -> FloatArray:
        """Objects of each group."""
        return np.asarray(self.members.sum(axis=1), dtype=float).ravel()

    def table(self) -> pd.DataFrame:
        """Return the groups as a table, key (group, profile): n_objects."""
        held = self.members.tocoo()
        names = np.array(self.names, dtype=object)
        return pd.DataFrame({"group": names[held.row], "profile": held.col.astype("int64"), "n_objects": held.data})


def group_objects(experiment: Experiment, code: Codes, names: tuple[str, ...]) -> Groups:
    """Return the objects in their groups.

    Parameters
    ----------
    code : group of every object, in the order of the objects' codes. names : of the groups.
    """
    profiles = experiment.profiles
    shape = (len(names), len(profiles.n_objects))
    ones = np.ones(len(code))
    return Groups(names, sp.csr_matrix((ones, (code, profiles.of_object)), shape=shape))


def groups_again(table: pd.DataFrame, *, n_profiles: int) -> Groups:
    """Return the groups from their table.

    Parameters
    ----------
    table : :meth:`Groups.table`.
    """
    code, names = pd.factorize(table["group"].astype(str), sort=True)
    held = (table["n_objects"].to_numpy(dtype=float), (code, table["profile"].to_numpy(dtype=np.int64)))
    return Groups(tuple(map(str, names)), sp.csr_matrix(held, shape=(len(names), n_profiles)))


def visits_of_groups(experiment: Experiment, groups: Groups, ratios: FloatArray) -> FloatArray:
    """Return the expected visits of each group.

    Parameters
    ----------
    ratios : of every cell, 0..1.

    Notes
    -----
    Cost: the visit chances of a simulation and one sparse product; what an object belongs to is counted once.
    """
    drawn = planned_units(experiment, ratios) / experiment.cells["n_units"].to_numpy(dtype=float)
    return np.asarray(groups.members @ visit_chances(experiment, drawn), dtype=float)
