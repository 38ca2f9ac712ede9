"""Which member of a team stands in which of its posts: one fixed answer for a given set of members.

Who is in a team is unique; who of them fills, say, the leader's post need not be. Posts are taken in byte order of
their roles, members in roster order, and each post takes the first member that leaves the others seatable.
Source: docs/spec/draw-protocol.md §7.
"""

from collections.abc import Sequence

from engine.draw.posts import Team


def seat_team(team: Team, members: Sequence[int]) -> list[tuple[str, int]]:
    """Return (role, member) for every post, in byte order of roles; empty when the members do not fit the posts.

    Parameters
    ----------
    team : posts and pools.
    members : roster positions, ascending, as many as there are posts.
    """
    wanted = set(members)
    fits: dict[int, set[str]] = {}
    for signature, pool in team.pools.items():
        roles = set(team.roles_of(signature))
        fits.update({one: roles for one in wanted.intersection(pool.tolist())})
    posts = [role for role, n_posts in team.posts.items() for _ in range(n_posts)]
    if len(posts) != len(members) or len(fits) != len(members):
        return []
    seated: list[tuple[str, int]] = []
    free = list(members)
    for position, role in enumerate(posts):
        rest = posts[position + 1 :]
        chosen = next(
            (one for one in free if role in fits[one] and _can_seat(rest, [m for m in free if m != one], fits)), None
        )
        if chosen is None:
            return []
        free.remove(chosen)
        seated.append((role, chosen))
    return seated


def _can_seat(posts: list[str], members: list[int], fits: dict[int, set[str]]) -> bool:
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
