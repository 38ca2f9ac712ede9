"""What every page must show because a command prints the same figure; each command is called once."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from dashboards import words
from dashboards.warning_parts import rule_name
from engine.api.grading.months import CAUSE_NAMES
from engine.api.grading.rescoring import feature_titles
from engine.api.marts.league import stored_league
from engine.i18n import chosen_language, translator
from engine.messages import Translate
from engine.outcomes.punishment import STEP_WORDS
from engine.store.workspaces.workspace import Workspace
from tests.e2e.demo_city import DAY, xinheng

MEASURES = {
    "findings": "Findings",
    "visits": "Visits",
    "person_days": "Person-days",
    "days_per_finding": "Person-days per finding",
    "missed": "Findings missed",
    "cv": "Next measurement of all findings, ±",
    "visits_a": "Visits to objects of grade A",
    "visited_share": "Objects visited",
}
LIGHT = {
    "green": "✓ Records may be scored and drawn on",
    "amber": "▲ Look before scoring; nothing is blocked",
    "red": "✗ Scoring and draws are blocked",
}
MARKS = {"green": "✓", "amber": "▲", "red": "✗"}
SHRUNKEN = ("shrunken_low", "shrunken_high")
IN_SIGHT = 3
"""Rows of a drawn table that are compared; only those in sight are there."""
OPEN_OBJECTIONS = ("filed", "accepted", "annotated")
ABSENT = "-"
"""The grade of an object that was not there."""
DUE = ("results", "inbox", "--clock", "deadlines.publish_result")


class Figures:
    """The figures of one workspace on one day, in the language of a page."""

    def __init__(self, folder: Path, *, day: date, draw: str) -> None:
        self._folder, self.day, self._draw = folder, day, draw
        self.ask: Callable[..., Any] = cache(self.ask_anew)
        self.population = str(self.ask("lift")["population"])

    def ask_anew(self, *asked: str) -> Any:
        """Call a command, even if it was called before."""
        return xinheng(self._folder, *asked, day=self.day)

    def of(self, page: str, language: str) -> list[str]:
        """Return the texts that a page must show; a card is its name and, below it, its figure."""
        translate = translator(chosen_language(language))
        found: dict[str, Callable[[Translate], list[str]]] = {
            "briefing": self._briefing,
            "what_if": self._what_if,
            "hit_rate": self._hit_rate,
            "lift": self._lift,
            "league": self._league,
            "grades": self._month,
            "record": self._record,
            "warnings": self._warnings,
            "punishment": self._punishment,
            "hold_draw": self._hold_draw,
            "draw": self._certificate,
            "results": self._results,
            "objections": self._objections,
            "quality": self._quality,
            "governance": self._governance,
            "audit": self._audit,
        }
        return found[page](translate)

    @property
    def entity(self) -> str:
        """An object that has a result, an objection and a grade."""
        return str(self.ask("objection", "list")["objections"][0]["entity_id"])

    def _name(self, entity: str) -> str:
        entries = self.ask("record", entity)["entries"]
        return str([each["details"]["name"] for each in entries if each["table"] == "entities"][-1])

    def _measured(self) -> Any:
        return self.ask("measure", "--population", self.population)

    def _hit_rate(self, _: Translate) -> list[str]:
        rows = [row for row in self._measured()["grades"] if row["mode"] == "random" and row["n"]]
        over = self.ask("measure", "--over", "quarter", "--population", self.population)
        periods = [row for row in over["periods"] if row["mode"] == "random" and row["n"]]
        return [
            *(f"{row['period']} · n={words.count(row['n'])}" for row in periods),
            *(_period_row(row) for row in periods),
            *(
                _row(
                    words.grade_name(row["grade"], _),
                    words.count(row["n"]),
                    words.count(row["hits"]),
                    words.share(row["hit_rate"]),
                    words.share_interval(row["low"], row["high"]),
                )
                for row in rows
            ),
        ]

    def _briefing(self, _: Translate) -> list[str]:
        held = self._measured()["figures"]
        rate, lift, ratio = held["base_rate"], held["lift"], held["rate_ratio_d_a"]
        moved = self.ask("changes")["moves"]
        waits = {row["kind"]: row for row in self.ask("waiting")["waiting"]}
        overdue = waits["results_not_public"]
        return [
            _card(_("Hit rate of random draws"), words.share(rate["value"])),
            f"{words.share_interval(rate['low'], rate['high'])} · n={words.count(rate['n'])}",
            _card(_("Lift over a uniform draw"), words.times(lift["value"])),
            _card(_("Rate of D over rate of A"), words.times(ratio["value"])),
            *(_row(_(CAUSE_NAMES[row["cause"]]), row["riskier"], row["milder"]) for row in moved),
            _("{what}: {n}").format(what=_("Results not public yet"), n=words.count(overdue["n"])),
            _("{n} past the last day").format(n=words.count(overdue["n_late"])),
        ]

    def _what_if(self, _: Translate) -> list[str]:
        said = self.ask("policy", "simulate", "--as-of", DAY, "--draws", "1000", "--seed", "0")
        spans = {
            name: [words.amount(name, each[at]) for at in ("p50", "p10", "p90")]
            for name, each in said["measures"].items()
        }
        return [
            *(_card(_(MEASURES[name]), p50) for name, (p50, _p10, _p90) in spans.items()),
            *(f"P10 – P90: {p10} – {p90}" for _p50, p10, p90 in spans.values()),
            *(
                " → ".join([words.points(half, _)] * 2)
                for grade, half in said["half_width"].items()
                if grade not in ("level", "total")
            ),
        ]

    def _lift(self, _: Translate) -> list[str]:
        said = self.ask("lift")
        name = words.score_name(said["deciding"], _)
        own = {which: [row for row in said[which] if row["score"] == said["deciding"]] for which in ("lifts", "gains")}
        (tenth,) = (row for row in own["lifts"] if row["budget"] == 0.1)
        (half,) = (row for row in own["gains"] if row["step"] == 0.5)
        few = " · " + _("too few") if tenth["is_small"] else ""
        return [
            _row(
                _("Lift of the first tenth: {score}").format(score=name),
                words.times(tenth["lift"]),
                f"{words.times_interval(tenth['low'], tenth['high'])} · n={words.count(tenth['n'])}{few}",
            ),
            _("{score}: the first half of the visits finds {found} of all findings ({low} – {high}, n={n}).").format(
                score=name, n=words.count(half["n"]), **{at: words.share(half[at]) for at in ("found", "low", "high")}
            ),
            *(text for model, each in said["overall"].items() for text in _chances(model, each, _)),
            *(
                _row(
                    name, words.share(row["budget"], digits=0), words.share(row["reached"]), words.count(row["n"]),
                    words.count(row["hits"]), words.times(row["lift"]), words.times_interval(row["low"], row["high"]),
                )
                for row in own["lifts"]
            ),
            *(
                _row(
                    name, words.share(row["reached"]), words.count(row["n"]), words.count(row["hits"]),
                    words.share(row["found"]), words.share_interval(row["low"], row["high"]),
                )
                for row in own["gains"]
            ),
            *(_expected(words.grade_tag(row["bin"]), row) for row in said["grades"]),
            *(_expected(row["bin"], row) for row in said["bins"]),
        ]  # fmt: skip

    def _month(self, _: Translate) -> list[str]:
        said = self.ask("run", "grades")
        shares = [row for row in said["shares"] if row["population"] == self.population]
        own = [row for row in said["migration"] if row["population"] == self.population]
        before = sum(row["n"] for row in own if row["from_grade"] != ABSENT)
        ways = {"riskier": _("Moved to a riskier grade"), "milder": _("Moved to a milder grade")}
        pairs = Counter[tuple[str, str]]()
        for row in own:
            pairs[row["from_grade"], row["to_grade"]] += row["n"]
        causes = Counter[tuple[str, str]]()
        for row in own:
            causes[row["cause"], direction(row)] += row["n"]
        moved = {way: sum(k for (_cause, held), k in causes.items() if held == way) for way in ways}
        return [
            _card(_("Objects graded"), sum(row["n"] for row in shares)),
            *(
                _row(name, words.count(moved[way]), _share_of(moved[way], before, _)) for way, name in ways.items()
            ),
            _card(_("Corrected on objection"), said["n_corrected"]),
            *(
                _row(
                    words.grade_name(row["grade"], _), words.count(row["n"]), words.share(row["share"]),
                    words.share(row["target_share"]), words.count(row["n_before"]), words.share(row["share_before"]),
                )
                for row in shares
                if row["grade"] != "U"
            ),
            *(
                _row(
                    words.grade_name(was, _), words.grade_name(now, _), words.count(n),
                    words.share(n / sum(k for (held, _to), k in pairs.items() if held == was)),
                )
                for (was, now), n in pairs.items()
                if ABSENT not in (was, now)
            ),
            *(
                _row(_(CAUSE_NAMES[cause]), words.count(causes[cause, "riskier"]), words.count(causes[cause, "milder"]))
                for cause in {cause for cause, way in causes if way}
            ),
        ]  # fmt: skip

    def _league(self, _: Translate) -> list[str]:
        return self.league("district", _)

    def league(self, by: str, _: Translate) -> list[str]:
        """Return what the league by districts or departments must show of the share that opens first."""
        held = Workspace(self._folder)
        stored = stored_league(held)
        held.close()
        assert stored is not None
        day = stored.as_of.isoformat()
        rows = self.ask("kpi", "league", day[:4], "--figure", "completion", "--by", by, "--as-of", day)["groups"]
        return [
            _(
                "All together {share}, n={n}. Lines: 95 % and 99.8 % of chance. Inside them nobody is better or worse."
            ).format(share=words.share(rows[0]["overall"]), n=words.count(sum(row["n"] for row in rows))),
            *(
                _row(
                    row["name"],
                    words.share(row["value"]),
                    words.share_interval(row["low"], row["high"]),
                    words.count(row["numerator"]),
                    words.count(row["n"]),
                    words.share(row["shrunken"]) + f" ({words.share_interval(*(row[at] for at in SHRUNKEN))})",
                    _("{first} to {last} of {n}").format(
                        first=int(row["rank_low"]), last=int(row["rank_high"]), n=int(row["ranked"])
                    ),
                    _(words.VERDICTS[row["verdict"]]),
                )
                for row in rows
            ),
        ]

    def _record(self, _: Translate) -> list[str]:
        return self.record_parts(_)["why"]

    def record_parts(self, _: Translate) -> dict[str, list[str]]:
        """Return what each part of the record of :attr:`entity` must show."""
        said, known = self.ask("explain", self.entity), self.ask("record", self.entity)
        asked = said["prospects"]
        without = {each["rank"]: _outcome(each["outcome"]) for each in asked["reasons"]}
        reasons = [
            _row(f"{each['points']:+,.1f}", _evidence(each["evidence"], _), without[each["rank"]])
            for each in said["reasons"]
        ]
        whole, *near = said["peers"]
        places = [
            _card(_("Riskier than others of the population"), f"{words.share(whole['riskier_than'])}\nn={whole['n']}"),
            *(f"{words.share(each['riskier_than'])}\nn={each['n']}" for each in near),
        ]
        head = [
            _card(_("Grade"), words.grade_name(said["grade"], _)),
            _card(_("Score"), f"{said['score']:,.1f}"),
            *places,
        ]
        struck = [
            _row(words.day(each["until"]), words.day(each["repair_from"]), _outcome(each["outcome"]))
            for each in asked["records"]
        ]
        lapses = [f"{each['on']}\n{_outcome(each['outcome'])}" for each in asked["lapses"][:IN_SIGHT]]
        grades = [
            "\n".join((each["as_of"], words.grade_name(each["grade"], _), f"{each['score']:,.1f}"))
            for each in reversed(known["grades"])
        ]
        draws = [
            "\n".join(
                (
                    each["draw_id"],
                    each["item_name"],
                    words.grade_tag(each["grade"]),
                    words.share(each["design_probability"], digits=2),
                    words.share(each["inclusion_probability"], digits=2),
                    _("drawn") if each["is_drawn"] else _("not drawn"),
                )
            )
            for each in known["draws"][:IN_SIGHT]
        ]
        return {
            "why": [*head, *reasons],
            "changes": [*head, _outcome(asked["today"]), *struck, *lapses],
            "known": [*head, *(each["record_id"] for each in known["entries"][-IN_SIGHT:])],
            "course": [*head, *grades[:IN_SIGHT], *draws],
        }

    def _warnings(self, _: Translate) -> list[str]:
        held = self.ask("warnings", "list", "--state", "open")["warnings"]
        late = sum(bool(each["is_overdue"]) for each in held)
        judged = [
            _row(
                rule_name(row["rule_code"], _),
                words.count(row["n"]),
                words.count(row["n_confirmed"]),
                words.share(row["precision"]),
                words.share_interval(row["low"], row["high"]),
            )
            for row in self.ask("warnings", "precision")["rules"]
        ]
        return [_card(_("Warnings"), len(held)), _card(_("Past the last day"), late), *judged]

    def _punishment(self, _: Translate) -> list[str]:
        cases = self.ask("punishment", "list")["rows"]
        waiting = self.ask("punishment", "stalls")["rows"]
        return [
            _card(_("Cases"), len(cases)),
            _card(_("Waiting for somebody"), len(waiting)),
            _card(_("Released"), sum(case["state"] == "released" for case in cases)),
            *(_row(each["punishment_id"], self._name(each["entity_id"])) for each in waiting[:IN_SIGHT]),
            *(_row(words.day(each["since"]), each["days"], words.day(each["due_on"])) for each in waiting[:IN_SIGHT]),
            *(self._step(row, _) for row in self.ask("punishment", "funnel")["rows"]),
            *(
                _row(
                    f"{'✓' if row['is_lawful'] else '✗'} {row['measure']}",
                    words.count(row["n_in_time"]),
                    words.count(row["n"]),
                    words.share(row["share"]),
                    words.share_interval(row["low"], row["high"]),
                    words.count(row["n_waiting"]),
                )
                for row in self.ask("punishment", "board")["rows"]
            ),
        ]

    @staticmethod
    def _step(row: dict[str, Any], _: Translate) -> str:
        """A row of the funnel, from its step to what still waits and is overdue."""
        days = [words.NOTHING if row[name] is None else f"{row[name]:,g}" for name in ("median_days", "low", "high")]
        timed = (row[name] for name in ("n_timed", "n_open", "n_overdue", "n_late", "limit_days"))
        return _row(
            _(STEP_WORDS[row["step"]]),
            words.count(row["n"]),
            words.share(row["share"]),
            words.count(row["n_departments"]),
            days[0] if row["median_days"] is None else f"{days[0]} ({days[1]} – {days[2]})",
            *(words.count(each) for each in timed),
        )

    def _hold_draw(self, _: Translate) -> list[str]:
        plans = self.ask("plan", "status")["plans"]
        return [
            _row(
                line["plan_id"],
                line["line_id"],
                ", ".join(line["items"]),
                f"{len(line['draws'])} / {line['draws_per_year']}",
            )
            for plan in plans
            for line in plan["lines"]
        ]

    def _certificate(self, _: Translate) -> list[str]:
        said = self.ask("draw", "certificate", self._draw)
        (event,) = said["entropy_used"]
        n_checks = sum(cell["n"] for cell in said["result"].values())
        return [
            _card(_("Objects drawn"), len(said["visits"])),
            _card(_("Visits"), len(said["visits"])),
            _card(_("Item checks"), n_checks),
            _row(_("2 · Digest of the commitment"), said["commit_digest"]),
            event["value"],
            _row(_("4 · Seed, computed from 2 and 3"), said["seed"]),
            _row(_("5 · Digest of the certificate"), said["certificate_digest"]),
        ]

    def _results(self, _: Translate) -> list[str]:
        due = self.ask(*DUE)
        return [
            _card(_("Not public yet"), len(due["due"])),
            _card(_("Past the last day"), int(due["overdue"])),
            due["due"][0]["due"],
        ]

    def _objections(self, _: Translate) -> list[str]:
        held = self.ask("objection", "list")["objections"]
        is_open = [each for each in held if each["state"] in OPEN_OBJECTIONS]
        late = [each for each in is_open if date.fromisoformat(each["due_on"]) < self.day]
        return [
            _card(_("Open objections"), len(is_open)),
            _card(_("Past the last day"), len(late)),
            _card(_("Records marked as disputed"), sum(bool(each["is_marked"]) for each in held)),
            *(
                _row(
                    each["claim"],
                    _(words.OBJECTION_STATES[each["state"]]),
                    words.day(each["due_on"]),
                    words.table_name(each["target_table"], _),
                )
                for each in held
            ),
            *(words.day(each["filed_on"]) for each in held),
        ]

    def _quality(self, _: Translate) -> list[str]:
        said = self.ask("quality")
        in_sight = said["tables"][:9]
        worst: dict[str, str] = {}
        for each in said["findings"]:
            worst[each["table"]] = max(worst.get(each["table"], "green"), each["colour"], key=list(MARKS).index)
        counted = ("rows_in", "accepted", "duplicates", "quarantined", "waiting")
        rows = [
            _row(
                words.table_name(row["table"], _),
                MARKS[worst.get(row["table"], "green")],
                *(row[name] for name in counted),
            )
            for row in in_sight
        ]
        return [_(LIGHT[said["colour"]]), *rows]

    def _governance(self, _: Translate) -> list[str]:
        said = self.ask("models", "show")
        moved = [row for row in said["stability"]["scores"] if row["population"] == self.population]
        changed = {row["run_id"]: row for row in said["stability"]["changed"] if row["population"] == self.population}
        features = [row for row in said["stability"]["features"] if row["population"] == self.population]
        last = sorted((row for row in features if row["run_id"] == features[-1]["run_id"]), key=lambda row: -row["psi"])
        titles = feature_titles(translate=_)
        assert moved and last and set(changed) == {row["run_id"] for row in moved}
        return [
            *(
                _row(
                    row["run_id"], row["as_of"], f"{row['psi']:.4f}", f"p {words.p_value(row['p_value'])}",
                    words.count(row["n_before"]), words.count(row["n_now"]),
                )
                for row in moved
            ),
            *(_row(titles[row["feature"]], f"{row['psi']:.4f}", f"p {words.p_value(row['p_value'])}") for row in last),
        ]  # fmt: skip

    def _audit(self, _: Translate) -> list[str]:
        """Ask anew: the page itself was written down when it was opened."""
        newest = self.ask_anew("audit", "reads", "--newest", "2", "--kind", "page")["reads"]
        return [
            _row(
                each["sequence"], words.moment(each["at"]), words.actor_name(each["account"], _),
                _(words.ROLES[each["role"]]), _("everything"),
            )
            for each in newest
        ] + [_row(words.shortened(each["digest"]), each["about"]) for each in newest]  # fmt: skip


def _card(name: str, figure: int | str) -> str:
    return f"{name}\n{figure if isinstance(figure, str) else words.count(figure)}"


def _chances(model: str, said: Mapping[str, Any], _: Translate) -> list[str]:
    """Cards and sentence of a model that gives chances."""
    low, high = words.share(said["low"]), words.share(said["high"])
    found = _("{score}: expected {expected}, found {found} ({low} – {high}, n={n}).").format(
        score=words.score_name(model, _), expected=words.share(said["expected"]),
        found=words.share(said["observed"]), low=low, high=high, n=words.count(said["n"]),
    )  # fmt: skip
    slope = _("Calibration slope {slope} ({low} – {high}); 1 is right, below 1 the chances are too extreme.").format(
        slope=f"{said['line']['slope']:.2f}", low=f"{said['line']['slope_low']:.2f}",
        high=f"{said['line']['slope_high']:.2f}",
    )  # fmt: skip
    return [
        _row(
            _("Found ({expected} expected)").format(expected=words.share(said["expected"])),
            words.share(said["observed"]),
            f"{low} – {high} · n={words.count(said['n'])}",
        ),
        _row(
            _("Brier score of the learned model"),
            f"{said['brier']:.4f}",
            _("one chance for all: {base}").format(base=f"{said['base_brier']:.4f}"),
        ),
        found,
        slope,
    ]


def _expected(head: str, row: Mapping[str, Any]) -> str:
    """A row of what was predicted beside what was found."""
    return _row(
        head, words.share(row["predicted"]), words.share(row["observed"]),
        words.share_interval(row["low"], row["high"]), words.count(row["hits"]), words.count(row["n"]),
    )  # fmt: skip


def _share_of(k: int, n: int, _: Translate) -> str:
    return _("{share} of {n}").format(share=words.share(k / n), n=words.count(n))


def _outcome(said: Mapping[str, Any]) -> str:
    return f"{said['score']:,.1f} · {words.grade_tag(said['grade'])}"


def _evidence(said: Mapping[str, Any] | None, _: Translate) -> str:
    if said is None:
        return words.NOTHING
    last = said["records"][0]
    return _("{kind}: {n}, the latest of {day} ({number})").format(
        kind=words.table_name(said["table"], _),
        n=len(said["records"]),
        day=last["occurred_on"],
        number=last["number"] or last["record_id"],
    )


def _row(*cells: object) -> str:
    """Neighbouring cells of a table as the browser gives its text."""
    return "\n".join(map(str, cells))


def _period_row(row: dict[str, Any]) -> str:
    """One period, all grades together, as the table of the page writes it."""
    return _row(
        words.count(row["n_drawn"]), words.count(row["n_known"]), words.count(row["n"]), words.count(row["hits"]),
        words.share(row["hit_rate"]), words.share_interval(row["low"], row["high"]),
    )  # fmt: skip


def direction(row: dict[str, Any]) -> str:
    """Return which way a row of the migration goes; empty where one side is no grade of risk."""
    ends = row["from_grade"], row["to_grade"]
    return "" if {*ends} & {ABSENT, "U"} or ends[0] == ends[1] else "riskier" if ends[1] > ends[0] else "milder"
