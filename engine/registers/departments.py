"""The departments as a tree: who stands under whom, and what is wrong with it."""

import pandas as pd

from engine.messages import N_, Message

_LEVEL_ORDER = ("city", "district")


def department_tree(departments: pd.DataFrame) -> pd.DataFrame:
    """Return the departments in the order of the tree, with ``depth`` and ``path``.

    Parameters
    ----------
    departments : rows that stand on a day, key ``department_code``; name, role, level, parent_code.

    Returns
    -------
    DataFrame, one row per department: parents before children, siblings by code; a department whose parent is unknown
    or that stands above itself begins a tree of its own.
    """
    parents = dict(zip(departments["department_code"], departments["parent_code"], strict=True))
    paths = {code: _path(code, parents) for code in parents}
    rows = departments.assign(
        path=["/".join(paths[code]) for code in departments["department_code"]],
        depth=[len(paths[code]) - 1 for code in departments["department_code"]],
    )
    return rows.sort_values("path", ignore_index=True)


def _path(code: str, parents: dict[str, object]) -> list[str]:
    path = [code]
    while isinstance(parent := parents.get(path[0]), str) and parent in parents and parent not in path:
        path.insert(0, parent)
    return path


def department_problems(departments: pd.DataFrame) -> list[Message]:
    """Return what is wrong: unknown parents, circles, a parent below its child's level, not one lead."""
    found = []
    levels = dict(zip(departments["department_code"], departments["level"], strict=True))
    parents = dict(zip(departments["department_code"], departments["parent_code"], strict=True))
    for code, parent in sorted(parents.items()):
        if not isinstance(parent, str):
            continue
        if parent not in levels:
            found.append(
                Message(N_("{code}: the parent {parent} is not on the list"), {"code": code, "parent": parent})
            )
        elif _is_circle(code, parents):
            found.append(Message(N_("{code} stands above itself"), {"code": code}))
        elif _LEVEL_ORDER.index(levels[parent]) > _LEVEL_ORDER.index(levels[code]):
            said = {"code": code, "parent": parent}
            found.append(Message(N_("{code}: the parent {parent} is of a lower level"), said))
    city = departments[(departments["level"] == "city") & (departments["role"] == "lead")]
    if len(city) != 1:
        listed = ", ".join(city["department_code"]) or "-"
        found.append(Message(N_("one lead department is asked at city level, found: {codes}"), {"codes": listed}))
    return found


def _is_circle(code: str, parents: dict[str, object]) -> bool:
    seen, at = {code}, parents.get(code)
    while isinstance(at, str) and at in parents:
        if at in seen:
            return at == code
        seen.add(at)
        at = parents[at]
    return False
