"""The monthly run: quality gate, features, scores, grades, warnings, exports; resumable, and reproducible for ever.

The start is one ledger entry that fixes everything the run depends on. Each stage then commits as a whole; a run that
was killed goes on with the first stage that is missing, and computes what the start named, whatever was loaded since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.grading.model_card import Outcome, card, card_text
from engine.api.grading.model_stability import stability_tables
from engine.api.grading.monthly_records import (
    FINISHED,
    HELD,
    SIGNED,
    STARTED,
    Manifest,
    code_version,
    finished_of,
    manifest_of,
    started_entries,
)
from engine.api.grading.monthly_stages import Stages, run_of_stage
from engine.api.records.quality import require_quality
from engine.api.scoring.assessment import cohort_on, require_inside_data
from engine.api.scoring.learned import LearnedChampion, as_json, learned_champions
from engine.api.scoring.override_book import approved_overrides
from engine.api.scoring.sector_grades import TABLE as SECTORS_TABLE
from engine.api.scoring.sector_grades import sector_table
from engine.errors import MonthlyRunError, ShareMovementError
from engine.grading.champions import read_champions
from engine.i18n import translator
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.pipeline.score_stability import population_stability
from engine.scorecard.export import document, scorecard_sql
from engine.scorecard.tree import read_scorecard
from engine.store.documents import policy_text
from engine.store.ledgers.ledger import digest_of
from engine.store.ledgers.locks import monthly_lock
from engine.store.outputs.export_files import write_exports
from engine.store.outputs.model_cards import stored_model
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.snapshot import snapshot
from engine.store.workspaces.warehouse import ResultTable
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MonthlyRun:
    """A finished monthly run.

    Parameters
    ----------
    run_id : str. as_of : date. runs : stage → id of its stored run. exports : file → SHA-256.
    """

    run_id: str
    as_of: date
    runs: dict[str, str]
    exports: dict[str, str]


def run_monthly(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> MonthlyRun:
    """Run the month, go on with one that was stopped, or return the one that is done; never the same thing twice.

    Raises
    ------
    AsOfOutsideDataError, QualityGateError
    ShareMovementError
        Shares moved more than policy allows; a second person signs with :func:`sign_off`, then run again.
    """
    with monthly_lock(workspace.require().path, workspace.decisions):
        manifest = _started(workspace, as_of=as_of, profile=profile, actor=actor, clock=clock)
        done = finished_of(workspace, manifest.run_id)
        if done is None:
            done = _finish(workspace, manifest, actor=actor, clock=clock, progress=progress)
    return MonthlyRun(manifest.run_id, as_of, done["runs"], done["exports"])


def _started(workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock) -> Manifest:
    """Return the manifest of the run that was stopped on this day, or of one with what is there now."""
    for entry in reversed(started_entries(workspace)):
        said = entry.particulars
        if (said["as_of"], said["profile"]) == (as_of.isoformat(), profile):
            if finished_of(workspace, entry.subject) is None:
                return manifest_of(workspace, entry.subject)
            break
    require_inside_data(workspace.warehouse, as_of=as_of)
    gate = require_quality(workspace, as_of=as_of, profile=profile)
    book, inputs, code = policies_of(workspace, profile), snapshot(workspace), code_version()
    learned = learned_champions(
        workspace,
        read_champions(book, on=as_of),
        populations=set(cohort_on(workspace.warehouse, book=book, as_of=as_of)["population"]),
        as_of=as_of,
        run=f"{as_of:%Y%m%d}",
    )
    overrides = [each.override_id for each in approved_overrides(workspace) if each.is_in_force(as_of)]
    held = {
        "as_of": as_of, "profile": profile, "files": [f.sha256 for f in inputs.files], "policies": book.digest,
        "models": [each.digest for each in learned], "overrides": overrides,
    }  # fmt: skip
    run_id = f"monthly-{as_of:%Y%m%d}-{digest_of(held | {'code': code['digest']})[:10]}"
    if not workspace.ledger.entries(action=STARTED, subject=run_id):
        workspace.ledger.append(
            STARTED,
            subject=run_id,
            content={
                "as_of": as_of.isoformat(),
                "profile": profile,
                "inputs": inputs.as_json(),
                "policy_digest": book.digest,
                "policies": policy_text(book),
                "model_digest": model_digest(book, learned, as_of=as_of),
                "learned": as_json(learned),
                "overrides": overrides,
                "code": code,
                "previous": _previous(workspace, as_of=as_of, profile=profile),
                "quality": gate.colour,
            },
            actor=actor,
            at=clock(),
            idempotency_key=f"{run_id}:started",
        )
    return manifest_of(workspace, run_id)


def model_digest(book: PolicyBook, learned: Sequence[LearnedChampion], *, as_of: date) -> str:
    """Return the SHA-256 over the scorecards in force, as documents, and the digests of the models that decide."""
    names = sorted(set(book.value("scorecard.models", on=as_of).values()))
    documents = [document(read_scorecard(book, name=name, on=as_of)) for name in names]
    return digest_of(documents + [f"{each.population}:{each.digest}" for each in learned])


def _previous(workspace: Workspace, *, as_of: date, profile: str) -> str | None:
    """The latest finished run of an earlier day."""
    earlier = [
        (entry.particulars["as_of"], entry.sequence, entry.subject)
        for entry in started_entries(workspace)
        if entry.particulars["as_of"] < as_of.isoformat()
        and entry.particulars["profile"] == profile
        and finished_of(workspace, entry.subject) is not None
    ]
    return max(earlier)[2] if earlier else None


def _finish(
    workspace: Workspace, manifest: Manifest, *, actor: Actor, clock: Clock, progress: Progress
) -> dict[str, dict[str, str]]:
    stages = Stages(workspace, manifest)
    runs: dict[str, str] = {}

    def stored(kind: str, table: str) -> pd.DataFrame:
        return pd.DataFrame(workspace.warehouse.read(table, run_id=runs[kind]).drop("run_id").execute())

    def write(kind: str, tables: dict[str, ResultTable]) -> None:
        said = {
            "monthly": manifest.run_id, "profile": manifest.book.profile, "policies": manifest.book.digest,
            "model": manifest.model_digest, "code": manifest.code,
        }  # fmt: skip
        runs[kind] = workspace.warehouse.write_run(
            tables, kind=kind, as_of=manifest.as_of, manifest=said, actor=actor, at=clock()
        )

    def is_due(kind: str, text: str) -> bool:
        found = run_of_stage(workspace, manifest, kind)
        if found is not None:
            runs[kind] = found
        else:
            progress(Message(text))
        return found is None

    if is_due("features", N_("Build features")):
        write("features", {"features": stages.features()})
    if is_due("score", N_("Score entities")):
        scored = stages.scored(stored("features", "features"))
        write("score", {"scores": scored.scores, "reasons": scored.reasons})
    if is_due("grade", N_("Grade entities")):
        graded = stages.graded(stored("score", "scores"))
        _require_signed(workspace, manifest, stages, graded.grades, actor=actor, clock=clock)
        moved, matrix = stages.moved(graded.grades)
        day = {"as_of": manifest.as_of}
        write(
            "grade",
            {
                "grades": graded.grades,
                "grade_shares": graded.shares.assign(**day),
                "grade_limits": graded.limits,
                "grade_moves": moved[moved["cause"] != "none"].assign(**day),
                "grade_migration": matrix.assign(**day),
                SECTORS_TABLE: sector_table(graded.sectors, as_of=manifest.as_of),
            },
        )
    if is_due("stability", N_("Compare with the run before")):
        write(
            "stability",
            stability_tables(
                workspace,
                manifest,
                stored("grade", "grades"),
                previous=stages.previous_grades,
                entities=stages.entities,
                features_run=runs["features"],
                score_run=runs["score"],
            ),  # type: ignore[arg-type]
        )
    if is_due("warn", N_("Raise warnings")):
        warned = stages.warned(stored("grade", "grades"))
        write("warn", {"warnings": warned, "warning_audit": stages.audited(warned.to_pandas())})
    progress(Message(N_("Write exports")))
    exports = write_exports(
        workspace,
        manifest.run_id,
        _exports(manifest, stored("grade", "grades"), stored("warn", "warnings"))
        | _card(
            workspace,
            manifest,
            stages,
            {
                "grades": stored("grade", "grades"),
                "grade_shares": stored("grade", "grade_shares"),
                SECTORS_TABLE: _joins(workspace, runs["grade"]),
                # computed again: a run that an older program left here has no such table
                "warning_audit": stages.audited(stored("warn", "warnings")),
            },
        ),
    )
    content = {"runs": runs, "exports": exports}
    workspace.ledger.append(
        FINISHED,
        subject=manifest.run_id,
        content=content,
        actor=actor,
        at=clock(),
        idempotency_key=f"{manifest.run_id}:finished",
    )
    return content


def _require_signed(
    workspace: Workspace, manifest: Manifest, stages: Stages, grades: pd.DataFrame, *, actor: Actor, clock: Clock
) -> None:
    movements = stages.movements(grades)
    if not movements or workspace.ledger.entries(action=SIGNED, subject=manifest.run_id):
        return
    if not workspace.ledger.entries(action=HELD, subject=manifest.run_id):
        workspace.ledger.append(
            HELD,
            subject=manifest.run_id,
            content={"movements": [each.message.render() for each in movements]},
            actor=actor,
            at=clock(),
        )
    raise ShareMovementError(movement=movements[0].message, n_movements=len(movements), run=manifest.run_id)


def sign_off(workspace: Workspace, run_id: str, *, reason: str, actor: Actor, clock: Clock) -> None:
    """Let the movement of shares stand, as the second person; the run then goes on with ``run_monthly``.

    Raises
    ------
    MonthlyRunError
        No such run, none that waits, the same person started it, no reason, or it is signed already.
    """
    manifest = manifest_of(workspace, run_id)
    ledger = workspace.ledger
    held = ledger.entries(action=HELD, subject=run_id)
    if not held or finished_of(workspace, run_id) is not None:
        _refuse(run_id, N_("it does not wait for a signature"), N_("sign a run that was stopped for its movements"))
    if actor.name in {manifest.starter, held[0].actor}:
        _refuse(run_id, N_("the same person ran it and would sign it"), N_("have a second person sign"))
    if not reason.strip():
        _refuse(run_id, N_("no reason is given"), N_("say why so many grades may move; it stays on record"))
    if ledger.entries(action=SIGNED, subject=run_id):
        _refuse(run_id, N_("it is signed already"), N_("go on with 'xinheng run monthly'"))
    ledger.append(
        SIGNED, subject=run_id, reason=reason, content=held[0].particulars, actor=actor, at=clock(),
        idempotency_key=f"{run_id}:signed",
    )  # fmt: skip


def _refuse(run_id: str, problem: str, remedy: str) -> None:
    raise MonthlyRunError(run=run_id, problem=Message(problem), remedy=Message(remedy))


def _exports(manifest: Manifest, grades: pd.DataFrame, warnings: pd.DataFrame) -> dict[str, bytes]:
    """Internal files for other programs: grades, warnings, the scorecards as document and query, the manifest."""
    book, as_of = manifest.book, manifest.as_of
    files = {
        "grades.csv": _csv(grades.sort_values("entity_id")),
        "warnings.csv": _csv(warnings.sort_values("warning_id")),
        "policies.yaml": policy_text(book).encode(),
    }
    for name in sorted(set(book.value("scorecard.models", on=as_of).values())):
        scorecard = read_scorecard(book, name=name, on=as_of)
        files[f"{name}.json"] = document(scorecard).encode()
        files[f"{name}.sql"] = scorecard_sql(scorecard, table="features").encode()
    told = {
        "run_id": manifest.run_id, "as_of": as_of.isoformat(), "inputs": manifest.inputs.as_json(),
        "policy_digest": book.digest, "profile": book.profile, "model_digest": manifest.model_digest,
        "learned": as_json(manifest.learned),
        "code": manifest.code, "previous": manifest.previous,
    }  # fmt: skip
    files["manifest.json"] = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    return files


def _card(
    workspace: Workspace, manifest: Manifest, stages: Stages, tables: Mapping[str, pd.DataFrame]
) -> dict[str, bytes]:
    grades, previous = tables["grades"], stages.previous_grades
    outcome = Outcome(
        shares=tables["grade_shares"],
        migration=stages.moved(grades)[1],
        stability=population_stability(grades.iloc[:0] if previous is None else previous, grades),
        learned=[stored_model(workspace.path, digest=m.digest, promotion=m.promotion) for m in manifest.learned],
        overrides={str(code): int(n) for code, n in grades["override_code"].dropna().value_counts().items()},
        audited=len(tables["warning_audit"]),
        sectors=tables[SECTORS_TABLE],
    )
    content = card(manifest, outcome)
    return {
        "model-card.json": (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode(),
        "model-card.md": card_text(content, translate=translator("zh_CN")).encode(),
        "model-card.en.md": card_text(content, translate=translator("en")).encode(),
    }


def _joins(workspace: Workspace, run_id: str) -> pd.DataFrame:
    """How grades of sectors were joined; empty for a run that an older program left here."""
    if run_id not in workspace.warehouse.run_ids_of(SECTORS_TABLE):
        return pd.DataFrame()
    return pd.DataFrame(workspace.warehouse.read(SECTORS_TABLE, run_id=run_id).drop("run_id").execute())


def _csv(table: pd.DataFrame) -> bytes:
    return str(table.to_csv(index=False, lineterminator="\n")).encode("utf-8-sig")
