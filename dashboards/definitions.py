"""What each figure on the pages means: one registry, so that a card, a chart and a document cannot disagree.

Each entry says numerator, denominator and window in words; the popover "definition" of every page reads it.
"""

from dataclasses import dataclass

from engine.messages import N_


@dataclass(frozen=True, slots=True)
class Definition:
    """The name of a figure and what it means, both keys of the catalogue."""

    name: str
    meaning: str


HIT_RATE = Definition(
    N_("Hit rate of random draws"),
    N_(
        "Expected share of objects in which an inspection of one item finds something adverse. Numerator: results "
        "other than no problem, no activity and exited. Denominator: assessable results of randomly drawn objects. "
        "Each result is weighted by one over its probability of being drawn, so the rate speaks for the whole frame."
    ),
)
LIFT = Definition(
    N_("Lift over a uniform draw"),
    N_(
        "Adverse findings expected per visit under the ratios in force, divided by those expected from a draw of the "
        "same size in which every object has the same chance. 1 means that grading gains nothing."
    ),
)
RATE_RATIO = Definition(
    N_("Rate of D over rate of A"),
    N_("Hit rate of grade D divided by hit rate of grade A, both from random draws. 1 means that grades say nothing."),
)
GRADED = Definition(
    N_("Entities graded"),
    N_("Entities of this population with a grade as of the date shown, with the share of each grade."),
)
DRAWN = Definition(
    N_("Objects drawn"),
    N_(
        "Objects in the latest draw, of all populations together, the visits that inspect them, and the item checks "
        "these visits carry."
    ),
)
QUARANTINED = Definition(
    N_("Records quarantined"),
    N_(
        "Source rows of all loads that broke their contract, out of all rows that came in; they wait to be mended and "
        "none is lost."
    ),
)
TREND = Definition(
    N_("Rising over the grades"),
    N_(
        "The order of the hit rates from A to D and the p-value of a test against no trend. Small p: the rise is not "
        "chance. The order alone, without the test, says little."
    ),
)
NOT_DESIGN_BASED = Definition(
    N_("not design-based"),
    N_(
        "Rows that were not drawn at random: routine visits, complaints, referrals, special campaigns. They show what "
        "was met there and cannot be carried over to all objects; they are never mixed with random rows."
    ),
)

SPREAD = Definition(
    N_("P10, P50, P90"),
    N_(
        "Rates and luck are drawn many times from what random draws showed. In one future out of ten the figure lies "
        "below P10, in half below P50, in nine out of ten below P90. Present and tried ratios share the same futures, "
        "so their difference is not noise; equal ratios differ by exactly 0."
    ),
)
BURDEN = Definition(
    N_("Visits per firm"),
    N_("Expected visits to a firm of the grade in the year under the ratios, whatever number of items a visit joins."),
)

BRIEFING = (HIT_RATE, LIFT, RATE_RATIO, GRADED, DRAWN, QUARANTINED)
OVER_TIME = Definition(
    N_("Over time"),
    N_(
        "A draw belongs to the day on which it took place; each period is estimated from its own draws alone. A period "
        "is provisional while drawn checks without a result may still get one: until 30 days, or what policy says, "
        "after the last day of the inspection windows."
    ),
)
HIT_RATES = (HIT_RATE, TREND, OVER_TIME, NOT_DESIGN_BASED)
PER_FINDING = Definition(
    N_("Person-days per finding"),
    N_("Person-days of the draw divided by its findings, future by future; not stated where a future finds nothing."),
)
MISSED = Definition(
    N_("Findings missed"),
    N_(
        "Findings expected among the item checks of the frame that are not drawn, under the rates of each future: what "
        "a check of everything would find, less what the draw is expected to find."
    ),
)
NEXT_MEASUREMENT = Definition(
    N_("Next measurement of all findings, ±"),
    N_(
        "Half the 95 % interval that the next draw's results would give for all findings of the frame, as a share of "
        "them: 1.96 coefficients of variation. Fewer checks of a grade measure it less."
    ),
)
NOT_A_LEVER = Definition(
    N_("Not moved here"),
    N_(
        "Least units of a stratum, visits to one object in a year, checks that law demands and person-days of "
        "departments are limits of policy: they hold for every ratio tried. A draft of such a limit is entered by "
        "command."
    ),
)

NEXT_RATE = Definition(
    N_("Next hit rate ±"),
    N_(
        "Half the interval that the next draw would give the hit rate of a grade, in percentage points, at the "
        "coverage in force for published intervals: what a stratified sample of the planned size gives on today's "
        "rates."
    ),
)

WHAT_IF = (SPREAD, BURDEN, PER_FINDING, MISSED, NEXT_MEASUREMENT, NEXT_RATE, NOT_A_LEVER)

WARNING_PRECISION = Definition(
    N_("Precision of the rules"),
    N_(
        "Warnings of a rule that were closed as confirmed, out of all of the rule that were closed, with the exact "
        "interval. Below 50 closed it says little."
    ),
)
STABILITY = Definition(
    N_("Stability index"),
    N_(
        "Population stability index of the score against the finished run before: sum over score bands of the "
        "difference of shares times the logarithm of their ratio. 0 means the same distribution. Of a feature "
        "likewise, what is not known a band of its own. A verdict needs both: the limit of policy, and that chance "
        "alone would seldom give as much."
    ),
)
CHANGED_GRADES = Definition(
    N_("Grades changed"),
    N_(
        "Objects whose grade is another one than in the run before, out of those graded in both. A full count: there "
        "is no interval."
    ),
)
BACKTESTED = Definition(
    N_("Mean AUC, precision and Brier score of a backtest"),
    N_(
        "Past checks scored on their eve by a model that knew only what was on record before the window. AUC: chance "
        "that a check with a finding has the higher score than one without (0.5 = at random). Precision of the first "
        "tenth: findings among the tenth of a window's checks with the highest scores. Brier score: mean squared "
        "difference of predicted chance and outcome, 0 is best. Intervals resample firms."
    ),
)
GAIN_IN_PAIRS = Definition(
    N_("Gain in pairs"),
    N_(
        "AUC of the judged model minus that of another score on the same checks and the same resamples. An interval "
        "above 0 says more than two intervals that overlap. The rule of promotion asks for it whether firms or days "
        "are resampled."
    ),
)
FOUND_OVER_EXPECTED = Definition(
    N_("Found over expected"),
    N_("Findings over the sum of predicted chances: 1 is right, above 1 more was found than foretold."),
)
PARITY_OF_GROUPS = Definition(
    N_("Groups of firms"),
    N_(
        "Found over expected of a group, divided by that of the reference group, the largest one of its kind. Limits "
        "hold for all groups of a kind together. Pass: inside the band of policy; watch: outside it, though chance "
        "may explain it, or findings missed more often; fail: the whole interval lies outside the band."
    ),
)
GATE = Definition(
    N_("Light of a source"),
    N_(
        "The worst of its measures over the dated limits of the quality gate: rows waiting, age of the delivery, "
        "coverage of the register, objects the register does not know, drift of codes. Red blocks scoring and draws."
    ),
)
FUNNEL = Definition(
    N_("Cases"),
    N_(
        "One case is one measure of one department on one listing. A step counts the cases that came to it. Repaired: "
        "the listing ended by credit repair. The median counts days since the step before (repair: since the listing) "
        "by Kaplan and Meier, with cases that still wait counted as waiting; those refused or released before are "
        "followed until then. Its interval says where the median may lie."
    ),
)
IN_TIME = Definition(
    N_("Share in time"),
    N_(
        "Cases in which the step was taken by its last day, out of those in which it was taken or its last day is "
        "over, with the exact interval. A case has to be applied or declined from the day it was met in business on, "
        "not from its receipt. The limits are the city's own, in dated policy: no law names one; only the release "
        "has 24 hours."
    ),
)
LAWFUL = Definition(
    N_("Lawful today"),
    N_(
        "The measure is live, rests on law, regulation or central policy, and stands in an edition of the national "
        "list that was published by today."
    ),
)
FOLLOWED = Definition(
    N_("Violations after a measure"),
    N_(
        "Share of random checks, each weighted by the inverse of its probability, that found a violation within twelve "
        "months after a measure, beside firms without one that were alike when their violation was found. Only what "
        "was known by the day of the comparison counts. A correlation is no proof of cause."
    ),
)
WARNINGS, QUALITY = (WARNING_PRECISION,), (GATE, QUARANTINED)
PUNISHMENT = (FUNNEL, IN_TIME, LAWFUL, FOLLOWED)
GOVERNANCE = (BACKTESTED, GAIN_IN_PAIRS, FOUND_OVER_EXPECTED, PARITY_OF_GROUPS, STABILITY, CHANGED_GRADES)

POINTS = Definition(
    N_("Points"),
    N_(
        "What one reason adds to the score of the scorecard in force on the day shown; negative points lower the risk. "
        "They were stored when the score was made, nothing is computed here."
    ),
)
PEERS = Definition(
    N_("Riskier than others"),
    N_(
        "Share of the other objects of the group that have a lower score, equal scores counted half. Groups: all "
        "classified objects of the population, and of these the same section of industry in the same district. A count "
        "over all of them, no estimate; of fewer than 30 no share is told."
    ),
)
WITHOUT = Definition(
    N_("Without it"),
    N_(
        "Score and grade if one thing were gone and all else stayed. A reason: its stored points taken off. A record: "
        "the score of the other records known today. The grade is cut by the limits of the last run, held by its band "
        "and ruled by what stands above the score."
    ),
)
LAPSING = Definition(
    N_("What lapses by itself"),
    N_(
        "Score and grade on later days if nothing new became known: publicity and validity end, records grow old and "
        "leave their windows, rules above the score end. Rates of peers stay as they stood. Within three years."
    ),
)
RECORD = (POINTS, PEERS, WITHOUT, LAPSING)

CHANCE = Definition(
    N_("Funnel plot"),
    N_(
        "Each group's share over the number it rests on. The lines say how far a share may lie from that of all "
        "together by chance alone (interpolated exact binomial limits, Spiegelhalter 2005). Small groups vary more; "
        "groups differ in their mix of grades, which the switch takes out for findings per check."
    ),
)
SHRUNKEN = Definition(
    N_("Shrunken share and possible ranks"),
    N_(
        "The share drawn in to that of all together, the more so the fewer rows the group has (empirical Bayes on the "
        "log-odds, the spread between groups averaged over what the counts allow), with its 95 % interval. "
        "Possible ranks: where the group may stand, 1 the highest share, given what is unsure about all groups. "
        "No rank is exact."
    ),
)
ADJUSTED = Definition(
    N_("Observed over expected"),
    N_(
        "Findings of the group over those expected had everybody's rate of each grade held for its very checks "
        "(indirect standardisation; the rate of a grade is drawn in by 2 rows). 1 is as everybody. It takes out that "
        "one group checks riskier objects than another, not other differences, and not how strictly officers look."
    ),
)
LEAGUE = (CHANCE, SHRUNKEN, ADJUSTED)

BUDGETED = Definition(
    N_("Lift at budgets"),
    N_(
        "Findings per item check if the objects with the highest scores were visited first, up to a share of all, "
        "divided by those of a uniform draw. Estimated from randomly drawn rows, each weighted by one over its "
        "probability; limits by MOVER. Ties at the cut are counted in expectation."
    ),
)
CALIBRATED = Definition(
    N_("Calibration"),
    N_(
        "Mean predicted chance beside the rate found, both weighted for the frame. Brier score: mean squared "
        "difference of chance and outcome (0 is best), beside that of one chance for everybody."
    ),
)
GAINED = Definition(
    N_("Gains curve"),
    N_(
        "Share of all findings that lies among the objects with the highest scores. Numerator and denominator: "
        "findings of randomly drawn objects, each weighted by one over its probability. At random a tenth of the "
        "visits finds a tenth. The best line is that of whoever knew every finding beforehand; by the chance of the "
        "draw a curve from few findings may lie above it."
    ),
)
LIFTS = (BUDGETED, GAINED, CALIBRATED)

OBJECTED = Definition(
    N_("Objections"),
    N_(
        "Whom a record is about, or whoever brings evidence, objects to it. The department that answers for the record "
        "takes it up and marks the record as disputed, or declines with a reason; another person than those who made "
        "the record decides. A corrected result is entered, reviewed and published anew."
    ),
)
OBJECTIONS = (OBJECTED,)

SHARED_OUT = Definition(
    N_("Shares of the grades"),
    N_(
        "Objects of a grade out of the classified objects of one population, as the monthly run gave the grades: after "
        "the cut of the score, its band, the sector's grade, persons and statute. U is not classified and has no share."
    ),
)
CAUSES = Definition(
    N_("Cause of the move"),
    N_(
        "The first that applies: new or left; a statute, two persons or the sector's grade began, then ended; another "
        "model decides; the rule or its limit moved; new records of its own; other movement of the score."
    ),
)
HIGH_RISK = Definition(
    N_("Grades D to confirm"),
    N_(
        "Grade D is a proposal of the program until a named person confirms it. Whoever started the run, or proposed "
        "the override that makes the firm D, does not confirm it."
    ),
)
DETECTED = Definition(
    N_("Recall of the warnings"),
    N_(
        "Wrong firms that were warned of, out of all wrong firms. Warned firms: the share of closed warnings that was "
        "confirmed. Firms nobody was warned of: the share found wrong among those picked at random, each run weighing "
        "as its frame. Interval: the worst corner of the exact limits of both shares."
    ),
)
GRADES = (SHARED_OUT, CAUSES, HIGH_RISK, DETECTED)
