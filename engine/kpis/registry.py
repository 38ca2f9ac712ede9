"""Every figure, once."""

from engine.kpis import rows
from engine.kpis.declaration import Kind, Kpi
from engine.messages import N_, Message

_SHARE, _PER_FIRM = "share, 0..1", "visits per firm"
_PLAN_TABLES = Message(N_("draws, scan-ins and results on record"))
_RESULTS = Message(N_("published results"))
_FOLLOW = Message(N_("orders and referrals on record"))
_CASES = Message(N_("cases of joint punishment"))
_AT_ONCE = Message(N_("at once"))
_WHEN_DUE = Message(N_("once its last day is over"))

KPIS = (
    Kpi(
        "completion", Message(N_("Drawn checks completed")), Message(N_("drawn checks whose result is public")),
        Message(N_("drawn checks whose window is over")), Kind.SHARE, _SHARE, +1, rows.completion, _WHEN_DUE,
        _PLAN_TABLES, "DOMAIN.md §6.1 完成率; city plan 四(一)",
    ),
    Kpi(
        "published_in_time", Message(N_("Results published in time")), Message(N_("published by the last day")),
        Message(N_("checks whose last day of publication is over, or that are public")), Kind.SHARE, _SHARE, +1,
        rows.published_in_time, _WHEN_DUE, _PLAN_TABLES, "20 working days: 总局令49 art. 39; DOMAIN.md §6.1 公示及时率",
    ),
    Kpi(
        "disposal", Message(N_("Adverse results with a disposal")), Message(N_("with a disposal on record")),
        Message(N_("published adverse results")), Kind.SHARE, _SHARE, +1, rows.disposal, _AT_ONCE, _RESULTS,
        "DOMAIN.md §6.1 后续处置率",
    ),
    Kpi(
        "put_right_in_time", Message(N_("Orders to correct closed in time")), Message(N_("closed by their last day")),
        Message(N_("orders whose last day is over")), Kind.SHARE, _SHARE, +1, rows.put_right_in_time, _WHEN_DUE,
        _FOLLOW, "DOMAIN.md §6.1 完结率",
    ),
    Kpi(
        "receipt", Message(N_("Referrals confirmed in time")), Message(N_("receipt confirmed by the last day")),
        Message(N_("referrals whose last day is over")), Kind.SHARE, _SHARE, +1, rows.receipt, _WHEN_DUE, _FOLLOW,
        "city plan 四(三) 抄告, 交办",
    ),
    Kpi(
        "hit_rate", Message(N_("Hit rate of random checks")), Message(N_("with a violation")),
        Message(N_("random checks of firms that were reached")), Kind.SHARE, _SHARE, 0, rows.hit_rate, _AT_ONCE,
        _RESULTS, "DOMAIN.md §6.1 问题发现率; unweighted, weighted by `xinheng measure`", has_interval=True,
    ),
    Kpi(
        "reached", Message(N_("Drawn firms found at their address")), Message(N_("found")),
        Message(N_("published results of drawn firms")), Kind.SHARE, _SHARE, 0, rows.reached, _AT_ONCE, _RESULTS,
        "DOMAIN.md §3.4 unreachable", has_interval=True,
    ),
    Kpi(
        "joint_visits", Message(N_("Joint visits")), Message(N_("with officers of several departments")),
        Message(N_("visits")), Kind.SHARE, _SHARE, +1, rows.joint_visits, _AT_ONCE, _PLAN_TABLES,
        "DOMAIN.md §6.1 联合抽查占比 (households)",
    ),
    Kpi(
        "random_checks", Message(N_("Checks selected by a draw")), Message(N_("selected by a draw")),
        Message(N_("published checks")), Kind.SHARE, _SHARE, +1, rows.random_checks, _AT_ONCE, _RESULTS,
        "DOMAIN.md §6.1 双随机占比",
    ),
    Kpi(
        "items_covered", Message(N_("Items of the list drawn this year")), Message(N_("drawn at least once")),
        Message(N_("items of the list")), Kind.SHARE, _SHARE, +1, rows.items_covered, _AT_ONCE, _PLAN_TABLES,
        "DOMAIN.md §6.1 抽查事项覆盖率",
    ),
    Kpi(
        "visits_per_firm", Message(N_("Burden: visits per visited firm")), Message(N_("on-site visits")),
        Message(N_("firms visited in the month")), Kind.MEAN, _PER_FIRM, -1, rows.visits_per_firm, _AT_ONCE,
        _PLAN_TABLES, "DOMAIN.md §6.1 户均检查次数", measures_volume=True,
    ),
    Kpi(
        "visits_saved", Message(N_("Visits saved by checking together")),
        Message(N_("checks that needed no visit of their own")), Message(N_("none")), Kind.TOTAL, "visits", 0,
        rows.visits_saved, _AT_ONCE, _PLAN_TABLES, "DOMAIN.md §6.1 burden", measures_volume=True,
    ),
    Kpi(
        "punished", Message(N_("Cases of joint punishment")), Message(N_("cases triggered")), Message(N_("none")),
        Kind.TOTAL, "cases", 0, rows.punished, _AT_ONCE, _CASES, "DOMAIN.md §5", measures_volume=True,
    ),
    Kpi(
        "applied", Message(N_("Restrictions applied")), Message(N_("applications")), Message(N_("none")), Kind.TOTAL,
        "applications", 0, rows.applied, _AT_ONCE, _CASES, "DOMAIN.md §5", measures_volume=True,
    ),
    Kpi(
        "fed_back", Message(N_("Punishments met in business and answered")), Message(N_("answered")),
        Message(N_("cases met in business")), Kind.SHARE, _SHARE, +1, rows.fed_back, _AT_ONCE, _CASES,
        "DOMAIN.md §5 反馈",
    ),
    Kpi(
        "days_per_step", Message(N_("Days per step of joint punishment")),
        Message(N_("median days after the step before")), Message(N_("none")), Kind.MEDIAN, "days", -1,
        rows.days_per_step, _AT_ONCE, _CASES, "DOMAIN.md §5",
    ),
    Kpi(
        "released_in_time", Message(N_("Releases pushed in time")), Message(N_("pushed by their last day")),
        Message(N_("cases whose release is due")), Kind.SHARE, _SHARE, +1, rows.released_in_time, _WHEN_DUE, _CASES,
        "DOMAIN.md §5: push within a day",
    ),
    Kpi(
        "repaired", Message(N_("Punishments ended by repair")), Message(N_("ended by repair")),
        Message(N_("cases whose listing has ended")), Kind.SHARE, _SHARE, 0, rows.repaired, _AT_ONCE, _CASES,
        "DOMAIN.md §5 修复",
    ),
    Kpi(
        "warnings_closed", Message(N_("Warnings closed in time")), Message(N_("closed by their last day")),
        Message(N_("warnings whose last day is over")), Kind.SHARE, _SHARE, +1, rows.warnings_closed, _WHEN_DUE,
        Message(N_("early warnings of the monthly runs")), "DOMAIN.md §6.1 预警处置率",
    ),
)  # fmt: skip
BY_CODE = {kpi.code: kpi for kpi in KPIS}
