"""Published and computed unified social credit codes; the second opinion is python-stdnum."""

import duckdb
import numpy as np
from stdnum.cn import uscc as reference

from engine.contracts.identifiers import USCC_ALPHABET, is_uscc

VALID = [
    "91350100M000100Y43", "11330600098643214C", "91330602MA0000015K", "92330681MA0000023Q", "93330624MA0000031Y",
]  # fmt: skip


def judged(codes):
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE codes (place INTEGER, code VARCHAR)")
        connection.executemany("INSERT INTO codes VALUES (?, ?)", list(enumerate(codes)))
        rows = connection.execute(f"SELECT {is_uscc('code')} FROM codes ORDER BY place").fetchall()
    return [bool(value) for (value,) in rows]


def test_published_codes_are_valid():
    assert judged(VALID) == [True] * len(VALID)


def test_every_other_check_character_is_wrong():
    body = VALID[0][:17]

    assert [c for c, good in zip(USCC_ALPHABET, judged([body + c for c in USCC_ALPHABET]), strict=True) if good] == [
        "3"
    ]


def test_remainder_zero_gives_check_character_zero():
    bodies = [f"9133060{n:010d}" for n in range(200)]
    zero = [body + "0" for body in bodies if reference.calc_check_digit(body) == "0"]

    assert zero
    assert judged(zero) == [True] * len(zero)


def test_forbidden_letters_and_lengths_are_refused():
    assert (
        judged(["9133060OMA0000015K", "91330602MA0000015", "91330602MA0000015K1", "91330602ma0000015k"]) == [False] * 4
    )


def test_agrees_with_the_reference_on_random_bodies():
    generator = np.random.default_rng(7)
    letters = np.array(list(USCC_ALPHABET))
    bodies = ["91330602" + "".join(generator.choice(letters, 9)) for _ in range(60)]
    codes = [
        body + str(generator.choice([reference.calc_check_digit(body), letters[generator.integers(31)]]))
        for body in bodies
    ]

    assert judged(codes) == [reference.is_valid(code) for code in codes]
