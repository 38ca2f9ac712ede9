"""Every figure, once."""

from engine.kpis import rows
from engine.kpis.declaration import Kind, Kpi
from engine.messages import N_, Message

SHARE = "share, 0..1"
_SHARE, _PER_FIRM, _TIMES = SHARE, "visits per firm", "times"
_PLAN_TABLES = Message(N_("draws, scan-ins and results on record"))
_RESULTS = Message(N_("published results"))
_FOLLOW = Message(N_("orders and referrals on record"))
_CASES = Message(N_("cases of joint punishment"))
_DRAWS = Message(N_("random rows of the draws of the period"))
_PLAN_LINES = Message(N_("draws of plan lines"))
_DRAWN = Message(N_("in the period of its draw"))
_YEAR_TO_DATE = Message(N_("from 1 January to the end of the period"))
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
        _FOLLOW, "city plan 四(三), 责令改正; DOMAIN.md §3.4",
    ),
    Kpi(
        "closure", Message(N_("Adverse results whose follow-up is over")), Message(N_("nothing of it waits")),
        Message(N_("published adverse results")), Kind.SHARE, _SHARE, +1, rows.closure, _AT_ONCE, _FOLLOW,
        "DOMAIN.md §6.1 完结率; a result without a finding has nothing to close",
    ),
    Kpi(
        "receipt", Message(N_("Referrals confirmed in time")), Message(N_("receipt confirmed by the last day")),
        Message(N_("referrals whose last day is over")), Kind.SHARE, _SHARE, +1, rows.receipt, _WHEN_DUE, _FOLLOW,
        "city plan 四(三) 抄告, 交办",
    ),
    Kpi(
        "hit_rate", Message(N_("Hit rate of random checks")), Message(N_("weighted random checks with a violation")),
        Message(N_("weighted random checks of firms that were reached")), Kind.ESTIMATE, _SHARE, 0, rows.estimated,
        _DRAWN, _DRAWS, "DOMAIN.md §6.1 问题发现率; estimators.md §4: weights 1/π, interval of the design",
        has_interval=True,
    ),
    Kpi(
        "lift", Message(N_("Lift of graded ratios over a uniform draw")),
        Message(N_("findings per visit by the ratios")),
        Message(N_("findings per visit of a uniform draw")), Kind.ESTIMATE, _TIMES, +1, rows.estimated, _DRAWN, _DRAWS,
        "DOMAIN.md §6.1 lift; estimators.md §2", has_interval=True,
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
        "joint_tasks", Message(N_("Joint draws")), Message(N_("with items of several departments")),
        Message(N_("draws of plan lines")), Kind.SHARE, _SHARE, +1, rows.joint_tasks, _AT_ONCE, _PLAN_LINES,
        "DOMAIN.md §6.1 联合抽查占比 (tasks)",
    ),
    Kpi(
        "credit_rules", Message(N_("Draws that apply the credit rule")), Message(N_("with ratios by grade")),
        Message(N_("draws of plan lines")), Kind.SHARE, _SHARE, +1, rows.credit_rules, _AT_ONCE, _PLAN_LINES,
        "DOMAIN.md §6.1 信用规则应用率",
    ),
    Kpi(
        "random_checks", Message(N_("Checks selected by a draw")), Message(N_("selected by a draw")),
        Message(N_("published checks")), Kind.SHARE, _SHARE, +1, rows.random_checks, _AT_ONCE, _RESULTS,
        "DOMAIN.md §6.1 双随机占比",
    ),
    Kpi(
        "planned_checks", Message(N_("Checks inside the plan")), Message(N_("of a draw of the plan")),
        Message(N_("published checks that follow no lead")), Kind.SHARE, _SHARE, +1, rows.planned_checks, _AT_ONCE,
        _RESULTS, "DOMAIN.md §6.1 计划检查率; leads are checked outside the plan: city plan 四(四)",
    ),
    Kpi(
        "mobile_entry", Message(N_("On-site checks entered on a phone")), Message(N_("entered on a phone")),
        Message(N_("published on-site checks entered here")), Kind.SHARE, _SHARE, +1, rows.mobile_entry, _AT_ONCE,
        _RESULTS, "DOMAIN.md §6.1 掌上执法率",
    ),
    Kpi(
        "coverage", Message(N_("Enterprises drawn this year")), Message(N_("different enterprises drawn")),
        Message(N_("active enterprises")), Kind.SHARE, _SHARE, +1, rows.coverage, _YEAR_TO_DATE,
        Message(N_("draws and the register")), "DOMAIN.md §6.1 抽查覆盖率", is_yearly=True,
    ),
    Kpi(
        "items_covered", Message(N_("Items of the list drawn this year")), Message(N_("drawn at least once")),
        Message(N_("items of the list")), Kind.SHARE, _SHARE, +1, rows.items_covered, _YEAR_TO_DATE,
        _PLAN_TABLES, "DOMAIN.md §6.1 抽查事项覆盖率", is_yearly=True,
    ),
    Kpi(
        "best_visited", Message(N_("Visits that went to class A")), Message(N_("to class A")),
        Message(N_("visits that draws asked for and that were made")), Kind.SHARE, _SHARE, -1, rows.best_visited,
        _DRAWN, Message(N_("draws, grades at their freeze")), "国市监信发〔2022〕6号: class A is left alone",
        is_confidential=True,
    ),
    Kpi(
        "off_site", Message(N_("Checks without a visit")), Message(N_("of lines without a visit")),
        Message(N_("published checks of draws")), Kind.SHARE, _SHARE, +1, rows.off_site, _AT_ONCE, _PLAN_LINES,
        "DOMAIN.md §6.1 burden, §6.3 (off site first)",
    ),
    Kpi(
        "visits_per_firm", Message(N_("Burden: visits per visited firm")), Message(N_("on-site visits")),
        Message(N_("different firms visited")), Kind.PER_UNIT, _PER_FIRM, -1, rows.visits_per_firm, _AT_ONCE,
        _PLAN_TABLES, "DOMAIN.md §6.1 户均检查次数", measures_volume=True,
    ),
    Kpi(
        "visits_most", Message(N_("Burden: visits at the firms visited most")),
        Message(N_("95th percentile of the visits per firm")), Message(N_("none")), Kind.HIGH, _PER_FIRM, -1,
        rows.visits_per_firm, _AT_ONCE, _PLAN_TABLES, "DOMAIN.md §6.1 burden (p95)", measures_volume=True,
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
        "blocked", Message(N_("Amounts kept back")), Message(N_("amounts")), Message(N_("none")), Kind.TOTAL, "CNY", 0,
        rows.blocked, _AT_ONCE, _CASES, "DOMAIN.md §5", measures_volume=True,
    ),
    Kpi(
        "queries_met", Message(N_("Restricted among those asked about")), Message(N_("restricted")),
        Message(N_("objects of businesses asked about")), Kind.SHARE, _SHARE, 0, rows.queries_met, _AT_ONCE, _CASES,
        "DOMAIN.md §5 hits/queries",
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
    Kpi(
        "objections_settled", Message(N_("Objections settled in time")), Message(N_("settled by their last day")),
        Message(N_("objections whose last day is over")), Kind.SHARE, _SHARE, +1, rows.objections_settled, _WHEN_DUE,
        Message(N_("objections on record")), "浙江省公共信用信息管理条例 arts 30–31",
    ),
)  # fmt: skip
BY_CODE = {kpi.code: kpi for kpi in KPIS}
