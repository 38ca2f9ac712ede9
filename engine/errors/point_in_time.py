"""Errors of what may be known on a date; exit status 11."""

from engine.errors.base import SupervisionError
from engine.messages import N_


class PointInTimeError(SupervisionError):
    """A question about a date that the data cannot answer."""

    code = "point_in_time"
    exit_status = 11
    template = N_("as_of {as_of}: {problem}.")


class AsOfOutsideDataError(PointInTimeError):
    """``as_of`` lies before the first or after the last record."""

    code = "point_in_time.outside_data"
    template = N_("as_of {as_of} lies outside the data, which runs from {first} to {last}: choose a date in between.")


class LookaheadError(PointInTimeError):
    """A row known only after ``as_of`` reached a stage that works as of that date."""

    code = "point_in_time.lookahead"
    template = N_("{table} holds {n_rows} row(s) known only after {as_of}: they must not be used as of that date.")


class FeatureLeakError(PointInTimeError):
    """A score reads a column that records known by its date do not give."""

    code = "point_in_time.feature_leak"
    template = N_(
        "Column(s) {columns} hold what was not known on their date: built again from the records known by then they "
        "differ or do not exist. Take them out before judging the score."
    )


class LabelWindowOpenError(PointInTimeError):
    """The outcome window after ``as_of`` is not over yet."""

    code = "point_in_time.label_window_open"
    template = N_("Outcomes after {as_of} are complete only from {closes}: choose an earlier as_of.")
