"""The n smallest where the first eight bytes do not decide."""

import numpy as np

from engine.draw.selecting.selection import smallest


def drawn(tickets, n):
    blob = b"".join(tickets)
    words = np.frombuffer(blob, dtype=">u8").reshape(-1, 4)[:, 0].astype(np.uint64)
    return smallest(blob, words, np.arange(len(tickets)), n=n)


def test_tickets_with_one_first_word_are_compared_whole():
    tickets = [b"\x01" * 8 + bytes([k]) * 24 for k in (5, 3, 9, 1)] + [b"\x00" * 32, b"\xff" * 32]

    assert [drawn(tickets, n) for n in (0, 1, 2, 3, 9)] == [[], [4], [4, 3], [4, 3, 1], [4, 3, 1, 0, 2, 5]]


def test_equal_tickets_go_to_the_smaller_handle():
    assert drawn([b"\x07" * 32] * 4, 2) == [0, 1]
