"""The commands and where each lives; a module is imported only when its command is called."""

from dataclasses import dataclass

from engine.messages import N_


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the ``xinheng`` program.

    Parameters
    ----------
    path : the words after ``xinheng``, one or two.
    target : ``module:function``; the function's signature is read by typer.
    help : catalogue key of the one-line description.
    """

    path: tuple[str, ...]
    target: str
    help: str


GROUPS = {
    "quarantine": N_("Rows that broke their contract: list, send out, take back."),
    "features": N_("Features: the list, and building them as of dates."),
    "registers": N_("Registers: departments, objects, inspectors, experts, item list."),
    "contracts": N_("Contracts of the source tables: documentation, changes since the last release."),
    "account": N_("Accounts of the dashboards: add, list, grant, revoke."),
    "marts": N_("Tables made ready for the dashboards."),
    "jobs": N_("Long work asked for on the pages."),
    "audit": N_("Who looked and who decided: lists, and whether they are unbroken."),
    "policy": N_("Ratio policies: check, draft, approve, simulate, evaluate, optimise."),
    "arm": N_("Randomised control arm and grade-blind visits."),
    "plan": N_("The annual plan: lines, merging, calendar, approval, tasks."),
    "results": N_("Results of checks: enter, review, publish, and what is due."),
    "objection": N_("Objections to a record: register, accept, decide, correct in public."),
    "punishment": N_("Joint punishment: from a list decision to its release."),
    "kpi": N_("Figures of departments and districts: show, scorecards, frozen months."),
    "report": N_("Documents: the periodic bulletin, its workbook."),
    "run": N_("The monthly run: run it, sign it, confirm grades D, compute a past one again."),
    "models": N_("Models that decide the class: figures, cards, the way back to the one before."),
    "override": N_("Grades set by two persons for a time: propose, approve, take back, list."),
    "warnings": N_("Early warnings: list, assign, close, precision, special inspections."),
    "draw": N_("The public draw: commit, sign, run, substitute, certificate, log."),
}

COMMANDS = (
    Command(("demo",), "models.commands:demo", N_("Run the whole loop on a synthetic city or on real records.")),
    Command(("simulate",), "engine.cli.intake:simulate", N_("Write a synthetic city as source files.")),
    Command(("ingest",), "engine.cli.intake:ingest", N_("Load source files into the workspace.")),
    Command(("loads",), "engine.cli.intake:loads", N_("List the loads of the workspace.")),
    Command(("reverse",), "engine.cli.intake:reverse", N_("Take one load back.")),
    Command(("quality",), "engine.cli.quality:quality", N_("Show data quality and its gate.")),
    Command(("erase",), "engine.cli.erasure:erase", N_("Erase an entity where law requires it.")),
    Command(("tombstones",), "engine.cli.erasure:tombstones", N_("List what was erased under which law.")),
    Command(("replay",), "engine.cli.erasure:replay", N_("Compute a stored run again and compare.")),
    Command(("quarantine", "list"), "engine.cli.intake:quarantine_list", N_("List quarantined rows with reasons.")),
    Command(
        ("quarantine", "export"), "engine.cli.intake:quarantine_export", N_("Write quarantined rows as a fix sheet.")
    ),
    Command(("quarantine", "retry"), "engine.cli.intake:quarantine_retry", N_("Take a corrected fix sheet back.")),
    Command(("record",), "engine.cli.object_record:record", N_("Show the credit record of an entity.")),
    Command(("registers", "departments"), "engine.cli.registers:departments", N_("Show the departments as a tree.")),
    Command(("registers", "objects"), "engine.cli.registers:objects", N_("Count and list the object library.")),
    Command(
        ("registers", "matches"), "engine.cli.registers:matches", N_("List duplicates of objects and what was decided.")
    ),
    Command(("registers", "merge"), "engine.cli.registers:merge", N_("Merge duplicates of objects.")),
    Command(("registers", "reject"), "engine.cli.registers:reject", N_("Keep proposed duplicates apart.")),
    Command(("registers", "unmerge"), "engine.cli.registers:unmerge", N_("Undo a merge of objects.")),
    Command(("registers", "inspectors"), "engine.cli.registers:inspectors", N_("List inspectors and who is out.")),
    Command(("registers", "experts"), "engine.cli.registers:experts", N_("List experts and who is out.")),
    Command(("registers", "stale"), "engine.cli.registers:stale", N_("Report stale rows and expiring papers.")),
    Command(("registers", "editions"), "engine.cli.item_editions:editions", N_("List the editions of the item list.")),
    Command(("registers", "draft"), "engine.cli.item_editions:draft", N_("Propose a department's items.")),
    Command(("registers", "consolidate"), "engine.cli.item_editions:consolidate", N_("Bring the drafts together.")),
    Command(("registers", "approve"), "engine.cli.item_editions:approve", N_("Approve the consolidated item list.")),
    Command(
        ("registers", "publish"), "engine.cli.item_editions:publish", N_("Bring an approved item list into force.")
    ),
    Command(("registers", "diff"), "engine.cli.item_editions:diff", N_("Show how two editions differ.")),
    Command(("contracts", "docs"), "engine.cli.contracts:docs", N_("Write the documentation of the contracts.")),
    Command(("contracts", "check"), "engine.cli.contracts:check", N_("Compare contracts with their last release.")),
    Command(("templates",), "engine.cli.intake:templates", N_("Write empty workbooks to be filled in.")),
    Command(
        ("features", "build"), "engine.cli.assessment:features_build", N_("Build features as of one or more dates.")
    ),
    Command(("features", "list"), "engine.cli.assessment:features_list", N_("List every feature and why it is here.")),
    Command(("train",), "models.commands:train", N_("Fit a model on what was known by a date.")),
    Command(
        ("backtest",),
        "models.judging_commands:backtest",
        N_("Judge models on windows of the past, beside simple scores."),
    ),
    Command(
        ("promote",), "models.judging_commands:promote", N_("Give a challenger the champion's place, or say why not.")
    ),
    Command(("waiting",), "engine.cli.briefing:waiting", N_("List what waits for a decision, and what is late.")),
    Command(("changes",), "engine.cli.briefing:changes", N_("Say what changed since the last monthly run.")),
    Command(("score",), "engine.cli.assessment:score", N_("Score entities as of a date.")),
    Command(("grade",), "engine.cli.assessment:grade", N_("Turn scores into grades A to D.")),
    Command(("explain",), "engine.cli.object_record:explain", N_("Say why an entity has its score.")),
    Command(("run", "monthly"), "engine.cli.monthly:monthly", N_("Gate, features, scores, grades, warnings, exports.")),
    Command(("run", "sign"), "engine.cli.monthly:sign", N_("Sign a large movement of grades as the second person.")),
    Command(("run", "confirm"), "engine.cli.monthly:confirm", N_("List, confirm or reject proposed grades D.")),
    Command(("run", "reproduce"), "engine.cli.monthly:reproduce", N_("Compute a past run again from its manifest.")),
    Command(
        ("run", "rescore"), "engine.cli.monthly:rescore", N_("Compute a contested grade again; keep it if upheld.")
    ),
    Command(("run", "history"), "engine.cli.monthly:history", N_("List the grades of an entity and why it moved.")),
    Command(("run", "list"), "engine.cli.monthly:list_runs", N_("List the monthly runs.")),
    Command(("run", "grades"), "engine.cli.grade_months:grades", N_("Show the grades of a month, and who moved why.")),
    Command(("models", "show"), "engine.cli.models:show", N_("Show who decides, on what figures, and what moved.")),
    Command(("models", "card"), "engine.cli.models:card", N_("Write the card of the model that decides.")),
    Command(("models", "return"), "engine.cli.models:give_back", N_("Draft the way back to the model before.")),
    Command(("override", "propose"), "engine.cli.grade_overrides:propose", N_("Propose a grade with ground and end.")),
    Command(("override", "approve"), "engine.cli.grade_overrides:approve", N_("Approve it as the second person.")),
    Command(("override", "refuse"), "engine.cli.grade_overrides:refuse", N_("Refuse it as the second person.")),
    Command(("override", "withdraw"), "engine.cli.grade_overrides:withdraw", N_("Take it back from today on.")),
    Command(("override", "list"), "engine.cli.grade_overrides:list_overrides", N_("List grades set by persons.")),
    Command(("report", "bulletin"), "engine.cli.report:bulletin", N_("Write the bulletin of a month or a year.")),
    Command(("report", "one-pager"), "engine.cli.report:one_pager", N_("Write one page for the leadership.")),
    Command(("report", "workbook"), "engine.cli.report:workbook", N_("Write its tables as a workbook.")),
    Command(("report", "conference"), "engine.cli.report:conference", N_("Write the papers of the conference.")),
    Command(("report", "publicity"), "engine.cli.report:publicity", N_("Write a draw's published results.")),
    Command(("report", "correction"), "engine.cli.report:correction", N_("Write the notice of a corrected result.")),
    Command(("report", "archive"), "engine.cli.report:archive", N_("Write a draw's archive list with digests.")),
    Command(("kpi", "list"), "engine.cli.kpi:list_figures", N_("List every figure and its rule.")),
    Command(("kpi", "show"), "engine.cli.kpi:show", N_("Show the figures of a month or a year.")),
    Command(("kpi", "scorecard"), "engine.cli.kpi:scorecards", N_("Show points by department or district.")),
    Command(("kpi", "league"), "engine.cli.league:league", N_("Set departments or districts beside each other.")),
    Command(("kpi", "freeze"), "engine.cli.kpi:freeze", N_("Put the figures of a month on record for good.")),
    Command(("kpi", "compare"), "engine.cli.kpi:compare", N_("Show what differs from the frozen figures.")),
    Command(("warnings", "list"), "engine.cli.warnings:list_warnings", N_("List warnings, most pressing first.")),
    Command(("warnings", "assign"), "engine.cli.warnings:assign", N_("Give warnings to somebody.")),
    Command(("warnings", "acknowledge"), "engine.cli.warnings:acknowledge", N_("Take assigned warnings up.")),
    Command(("warnings", "snooze"), "engine.cli.warnings:snooze", N_("Put warnings off, once.")),
    Command(("warnings", "close"), "engine.cli.warnings:close", N_("Close warnings as confirmed or false.")),
    Command(("warnings", "precision"), "engine.cli.warnings:precision", N_("Show how often each rule was right.")),
    Command(
        ("warnings", "audit"), "engine.cli.warning_audits:audit", N_("Check firms at random that nothing warns of.")
    ),
    Command(
        ("warnings", "detection"), "engine.cli.warning_audits:detection", N_("Show precision and recall of warnings.")
    ),
    Command(
        ("warnings", "propose"), "engine.cli.warnings:propose", N_("Propose a special inspection of a common problem.")
    ),
    Command(("policy", "check"), "engine.cli.policy:check", N_("Check a ratio policy against law and itself.")),
    Command(("policy", "draft"), "engine.cli.policy_amendment:draft", N_("Enter a draft of ratios with later dates.")),
    Command(("policy", "approve"), "engine.cli.policy_amendment:approve", N_("Approve a draft as the second person.")),
    Command(("policy", "withdraw"), "engine.cli.policy_amendment:withdraw", N_("Close a draft without approving it.")),
    Command(("policy", "diff"), "engine.cli.policy_amendment:diff", N_("Say what differs between two policies.")),
    Command(("policy", "history"), "engine.cli.policy_amendment:history", N_("List drafts, approvals, withdrawals.")),
    Command(
        ("policy", "allocate"), "engine.cli.policy_allocate:allocate", N_("Say what a draw would commit to and why.")
    ),
    Command(
        ("policy", "simulate"), "engine.cli.policy_simulate:simulate", N_("Say what a policy would find and cost.")
    ),
    Command(("policy", "evaluate"), "engine.cli.policy_evaluate:evaluate", N_("Say what it would have found before.")),
    Command(
        ("policy", "optimise"), "engine.cli.policy_optimise:optimise", N_("Find the best ratios within the limits.")
    ),
    Command(("arm", "power"), "engine.cli.arm:power", N_("Say how many checks each arm needs.")),
    Command(("arm", "register"), "engine.cli.arm:register", N_("Register an experiment before its results.")),
    Command(("arm", "analyse"), "engine.cli.arm:analyse", N_("Say what a registered experiment showed.")),
    Command(("measure",), "engine.cli.measure:measure", N_("Say which share of everybody would fail, by domain.")),
    Command(("plan", "submit"), "engine.cli.plan:submit", N_("Hand in plan lines; lateness is recorded.")),
    Command(("plan", "withdraw"), "engine.cli.plan:withdraw", N_("Take a line out of its plan.")),
    Command(("plan", "list"), "engine.cli.plan:list_lines", N_("List plans and their lines.")),
    Command(
        ("plan", "status"), "engine.cli.plan:status", N_("Show the stage of every line and task, with who and when.")
    ),
    Command(("plan", "merge"), "engine.cli.plan:merge", N_("Show what overlaps; accept or refuse a merge.")),
    Command(("plan", "schedule"), "engine.cli.plan:schedule", N_("Give every draw of a plan its time slot.")),
    Command(
        ("plan", "consolidate"), "engine.cli.plan_steps:consolidate", N_("Close the collection of a plan's lines.")
    ),
    Command(("plan", "approve"), "engine.cli.plan_steps:approve", N_("Approve a consolidated plan.")),
    Command(("plan", "return"), "engine.cli.plan_steps:send_back", N_("Send a plan back to draft.")),
    Command(("plan", "publish"), "engine.cli.plan_steps:publish", N_("Publish an approved plan.")),
    Command(("plan", "control"), "engine.cli.plan_steps:control", N_("Assign the grade-blind control arm of a plan.")),
    Command(("plan", "outside"), "engine.cli.plan_steps:outside", N_("Publish the reason of a draw outside the plan.")),
    Command(("plan", "dispatch"), "engine.cli.plan_tasks:dispatch", N_("Dispatch a line to its departments.")),
    Command(("plan", "acknowledge"), "engine.cli.plan_tasks:acknowledge", N_("Acknowledge a task.")),
    Command(("plan", "task"), "engine.cli.plan_tasks:task", N_("Dispatch a task outside the plan.")),
    Command(
        ("plan", "publicise"),
        "engine.cli.plan_tasks:publicise",
        N_("Put on record that a draw's results are published."),
    ),
    Command(("plan", "archive"), "engine.cli.plan_tasks:archive", N_("Close the file of a draw.")),
    Command(
        ("policy", "longrun"),
        "engine.cli.policy_longrun:longrun",
        N_("Compare policies over years in simulated cities."),
    ),
    Command(("draw", "commit"), "engine.cli.draw_commit:commit", N_("Freeze the frame and publish the commitment.")),
    Command(("draw", "run"), "engine.cli.draw:run", N_("Draw from a commitment and public entropy.")),
    Command(("draw", "fairness"), "engine.cli.draw_fairness:fairness", N_("How fair and how random a draw was.")),
    Command(("draw", "void"), "engine.cli.draw:void", N_("Close a commitment without drawing from it.")),
    Command(("draw", "own-row"), "engine.cli.own_row:own_row", N_("Write an object's own row as file and QR code.")),
    Command(("draw", "key"), "engine.cli.draw_life:key", N_("Make and register a signing key.")),
    Command(
        ("draw", "sign"), "engine.cli.draw_life:sign", N_("Sign a commitment or certificate as the second person.")
    ),
    Command(("draw", "substitute"), "engine.cli.draw_life:substitute", N_("Use the next reserve or the next officer.")),
    Command(("draw", "certificate"), "engine.cli.draw_life:certificate", N_("Show the certificate of a draw.")),
    Command(("draw", "log"), "engine.cli.draw_life:log", N_("Write, prove from or check the public log.")),
    Command(("draw", "timestamp"), "engine.cli.draw_life:timestamp", N_("Ask for or attach an RFC 3161 time stamp.")),
    Command(("draw", "export"), "engine.cli.draw_life:export", N_("Write a draw as one compact JSON file.")),
    Command(
        ("draw", "audit-folder"), "engine.cli.draw_life:audit_folder", N_("Write what the auditor of a draw needs.")
    ),
    Command(("results", "enter"), "engine.cli.results:enter", N_("Enter results; unlawful rows wait with their rule.")),
    Command(("results", "submit"), "engine.cli.results:submit", N_("Hand entered results in for review.")),
    Command(("results", "return"), "engine.cli.results:send_back", N_("Return results with the reason.")),
    Command(("results", "publish"), "engine.cli.results:publish", N_("Publish reviewed results as inspections.")),
    Command(("results", "status"), "engine.cli.results:status", N_("Show where results stand and what was refused.")),
    Command(("results", "inbox"), "engine.cli.results:inbox", N_("List what is due and what is overdue.")),
    Command(("results", "expect"), "engine.cli.results:expect", N_("Say that a clock began for something.")),
    Command(("results", "met"), "engine.cli.results:met", N_("Say that something was done, and what shows it.")),
    Command(
        ("results", "fell-through"), "engine.cli.handing_on:fell_through", N_("Add up draws, list what nobody holds.")
    ),
    Command(("results", "follow-up"), "engine.cli.results:follow_up", N_("List what findings still wait for.")),
    Command(("results", "order"), "engine.cli.handing_on:order", N_("Put an order to correct on record.")),
    Command(("results", "extend"), "engine.cli.handing_on:extend", N_("Give an order more time.")),
    Command(("results", "report"), "engine.cli.handing_on:report", N_("Say that the firm put things right.")),
    Command(("results", "recheck"), "engine.cli.handing_on:recheck", N_("Re-check with two officers.")),
    Command(("results", "refer"), "engine.cli.handing_on:refer", N_("Notify another department of a finding.")),
    Command(("results", "assign"), "engine.cli.handing_on:assign", N_("Assign a finding to another department.")),
    Command(("results", "transfer"), "engine.cli.handing_on:transfer", N_("Hand on a case or a suspected crime.")),
    Command(("results", "send"), "engine.cli.handing_on:send", N_("Send what was decided on or came back.")),
    Command(("results", "receive"), "engine.cli.handing_on:receive", N_("Confirm receipt of what was handed on.")),
    Command(("results", "reply"), "engine.cli.handing_on:reply", N_("Answer what was handed on.")),
    Command(("results", "hand-back"), "engine.cli.handing_on:hand_back", N_("Return what does not concern you.")),
    Command(("results", "close"), "engine.cli.handing_on:close", N_("Close what was answered or put right.")),
    Command(("objection", "register"), "engine.cli.objection:register", N_("Put an objection to a record on record.")),
    Command(("objection", "accept"), "engine.cli.objection:accept", N_("Accept it and mark the record as disputed.")),
    Command(("objection", "decline"), "engine.cli.objection:decline", N_("Decline it, with the reason.")),
    Command(("objection", "decide"), "engine.cli.objection:decide", N_("Maintain the record, or have it corrected.")),
    Command(("objection", "withdraw"), "engine.cli.objection:withdraw", N_("Say that it was taken back.")),
    Command(("objection", "list"), "engine.cli.objection:list_objections", N_("List objections and what is due.")),
    Command(
        ("punishment", "trigger"), "engine.cli.punishment:trigger", N_("Open the cases that list decisions ask for.")
    ),
    Command(("punishment", "check"), "engine.cli.punishment:check", N_("Check the legal basis as another person.")),
    Command(("punishment", "push"), "engine.cli.punishment:push", N_("Push checked cases to departments.")),
    Command(("punishment", "receive"), "engine.cli.punishment:receive", N_("Confirm receipt of pushed cases.")),
    Command(
        ("punishment", "query"), "engine.cli.punishment:query", N_("Ask whether objects of a business are restricted.")
    ),
    Command(("punishment", "apply"), "engine.cli.punishment:apply", N_("Say that a measure was applied.")),
    Command(
        ("punishment", "decline"), "engine.cli.punishment:decline", N_("Say that a measure was not applied, and why.")
    ),
    Command(("punishment", "feedback"), "engine.cli.punishment:feedback", N_("Feed back what was done.")),
    Command(
        ("punishment", "release"), "engine.cli.punishment:release", N_("Push the release of cases whose listing ended.")
    ),
    Command(("punishment", "confirm"), "engine.cli.punishment:confirm", N_("Confirm that measures are lifted.")),
    Command(
        ("punishment", "list"), "engine.cli.punishment_reading:list_cases", N_("List the cases of joint punishment.")
    ),
    Command(
        ("punishment", "measures"), "engine.cli.punishment_reading:measures", N_("Show the catalogue of measures.")
    ),
    Command(
        ("punishment", "funnel"),
        "engine.cli.punishment_reading:funnel",
        N_("Count the cases by step, with median days."),
    ),
    Command(
        ("punishment", "board"),
        "engine.cli.punishment_reading:board",
        N_("Count steps in time by department and measure."),
    ),
    Command(("punishment", "stalls"), "engine.cli.punishment_reading:stalls", N_("List where joint punishment waits.")),
    Command(("punishment", "explain"), "engine.cli.punishment_reading:explain", N_("Show every event of a case.")),
    Command(
        ("punishment", "export"),
        "engine.cli.punishment:export",
        N_("Write a workbook for a department without account."),
    ),
    Command(("punishment", "import"), "engine.cli.punishment:take_back", N_("Take a department's workbook back.")),
    Command(
        ("punishment", "effect"),
        "engine.cli.punishment_effect:effect",
        N_("Say what follows a measure, beside like firms."),
    ),
    Command(("lift",), "engine.cli.lift:lift", N_("Say what the highest scores would find, beside a uniform draw.")),
    Command(("verify",), "engine.cli.verification:verify", N_("Recompute a published draw and name what is wrong.")),
    Command(("publish",), "engine.cli.publicity:publish", N_("Write the public site as plain files.")),
    Command(("audit-draw",), "engine.cli.publicity:audit_draw", N_("Say what a draw of another system shows.")),
    Command(("account", "add"), "engine.cli.account:add", N_("Let somebody sign in to the dashboards.")),
    Command(("account", "list"), "engine.cli.account:listed", N_("List the accounts with role and rows.")),
    Command(("account", "grant"), "engine.cli.account:grant", N_("Give an account another role or other rows.")),
    Command(("account", "revoke"), "engine.cli.account:revoke", N_("Take an account's rights away.")),
    Command(("marts", "build"), "engine.cli.marts:build", N_("Make the tables of the dashboards ready.")),
    Command(("jobs", "list"), "engine.cli.jobs:listed", N_("List the jobs.")),
    Command(("jobs", "run"), "engine.cli.jobs:run", N_("Do the work of a job that waits or stopped.")),
    Command(("audit", "reads"), "engine.cli.audit:reads", N_("List what was seen, taken away and refused.")),
    Command(("audit", "decisions"), "engine.cli.audit:decided", N_("List the entries of the ledger.")),
    Command(("audit", "check"), "engine.cli.audit:check", N_("Check that log and ledger are unbroken.")),
    Command(("dashboard",), "engine.cli.dashboard:dashboard", N_("Start the dashboards on this machine.")),
    Command(("doctor",), "engine.cli.doctor:doctor", N_("Check this installation and say what is missing.")),
)
