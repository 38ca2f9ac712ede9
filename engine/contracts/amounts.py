"""Amounts of money in the units that sources use, as whole fen (分, 1/100 CNY): exact, never rounded.

元 has at most two decimals and 万元 at most six; an amount that says more is no number of fen and stays as it is, so
that the contract names it.
"""

from engine.contracts.sql import literal

FEN_PER_UNIT = {"分": 1, "元": 100, "万元": 1_000_000}
_DECIMALS = {"分": 0, "元": 2, "万元": 6}
UNIT_FACTORS = (100, 10_000, 1_000_000)
"""Between 分, 元 and 万元."""


def fen(text: str, *, unit: str) -> str:
    """Return the SQL of a text amount in ``unit`` as the text of whole fen; the text itself when it is not one.

    Parameters
    ----------
    unit : one of :data:`FEN_PER_UNIT`. Commas between thousands are read over.
    """
    plain = f"replace(replace({text}, ',', ''), '，', '')"
    fraction = f"(\\.[0-9]{{0,{_DECIMALS[unit]}}}0*)?"
    whole = f"CAST(CAST(CAST({plain} AS DECIMAL(24, 6)) * {FEN_PER_UNIT[unit]} AS HUGEINT) AS VARCHAR)"
    return f"CASE WHEN regexp_full_match({plain}, {literal(f'[0-9]{{1,12}}{fraction}')}) THEN {whole} ELSE {text} END"
