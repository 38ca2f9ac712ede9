"""Test windows of a backtest: always later than everything the model they judge has learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.errors import UsageError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class TestWindow:
    """One stretch of days on which scores are judged.

    Parameters
    ----------
    begins : first day; what is known before it may train.
    ends : first day after it.
    """

    __test__ = False

    begins: date
    ends: date

    @property
    def name(self) -> str:
        """The window as text, first to last day; sorts by time."""
        return f"{self.begins.isoformat()}..{(self.ends - timedelta(days=1)).isoformat()}"


def windows_between(first: date, last: date, *, days: int) -> tuple[TestWindow, ...]:
    """Return windows of ``days`` days from ``first`` on that are over by ``last``; at least one day long.

    Raises
    ------
    UsageError
        Not even one window fits.
    """
    if days < 1 or first + timedelta(days=days - 1) > last:
        raise UsageError(
            what="--window-days",
            value=days,
            remedy=Message(
                N_("the records end on {last}: begin earlier than {first} or take shorter windows"),
                {"last": last.isoformat(), "first": first.isoformat()},
            ),
        )
    count = ((last - first).days + 1) // days
    begins = [first + timedelta(days=days * place) for place in range(count)]
    return tuple(TestWindow(begin, begin + timedelta(days=days)) for begin in begins)


def named_windows(texts: Sequence[str]) -> tuple[TestWindow, ...]:
    """Return windows written ``FIRST..LAST`` (both days belong to it), oldest first.

    Raises
    ------
    UsageError
        A text is no pair of dates, a window ends before it begins, or two overlap.
    """
    windows = sorted((_named(text) for text in texts), key=lambda window: window.begins)
    for earlier, later in zip(windows, windows[1:], strict=False):
        if later.begins < earlier.ends:
            raise _refused(later.name, Message(N_("it overlaps {other}"), {"other": earlier.name}))
    return tuple(windows)


def _named(text: str) -> TestWindow:
    first, _, last = text.partition("..")
    remedy = Message(N_("write FIRST..LAST, for example 2024-01-01..2024-02-29"))
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise _refused(text, remedy) from None
    if ends < begins:
        raise _refused(text, remedy)
    return TestWindow(begins, ends + timedelta(days=1))


def _refused(text: str, remedy: Message) -> UsageError:
    return UsageError(what="--window", value=text, remedy=remedy)
