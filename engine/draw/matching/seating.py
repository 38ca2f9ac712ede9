"""Which member of a team stands in which of its posts: one fixed answer for a given set of members.

Who is in a team is unique; who of them fills, say, the leader's post need not be. Posts are taken in byte order of
their roles, members in roster order, and each post takes the first member that leaves the others seatable.
Source: docs/spec/draw-protocol.md §7.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache


def seat_team(posts: Mapping[str, int], fits: Sequence[frozenset[str]]) -> list[tuple[str, int]]:
    """Return (role, place of the member) for every post, in byte order of roles; empty when the members do not fit.

    Parameters
    ----------
    posts : role → number of posts, in byte order of roles.
    fits : the roles that each member may take, members in roster order.
    """
    return list(_seats(tuple(posts.items()), tuple(fits)))


@lru_cache(maxsize=4096)
def _seats(counted: tuple[tuple[str, int], ...], fits: tuple[frozenset[str], ...]) -> tuple[tuple[str, int], ...]:
    """What is asked and who may take what decide alone; most teams of a draw are alike in both."""
    posts = [role for role, n_posts in counted for _ in range(n_posts)]
    if len(posts) != len(fits):
        return ()
    seated: list[tuple[str, int]] = []
    free = list(range(len(fits)))
    for position, role in enumerate(posts):
        rest = posts[position + 1 :]
        chosen = next(
            (one for one in free if role in fits[one] and _can_seat(rest, [m for m in free if m != one], fits)), None
        )
        if chosen is None:
            return ()
        free.remove(chosen)
        seated.append((role, chosen))
    return tuple(seated)


def _can_seat(posts: list[str], members: list[int], fits: Sequence[frozenset[str]]) -> bool:
    """Whether the posts can be filled by these members: augmenting paths, one post at a time."""
    holder: dict[int, int] = {}

    def place(post: int, seen: set[int]) -> bool:
        for one in members:
            if one in seen or posts[post] not in fits[one]:
                continue
            seen.add(one)
            if one not in holder or place(holder[one], seen):
                holder[one] = post
                return True
        return False

    return all(place(post, set()) for post in range(len(posts)))
