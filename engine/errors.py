"""Every error raised on purpose.

A :class:`SupervisionError` is something a person can act on: it is shown as one sentence without a traceback, with a
stable ``code`` and the exit status of its family. Anything else that escapes is a bug and keeps its traceback.
The sentence says what, which value, where, and what to do; its template is a key of the translation catalogue.
"""

from collections.abc import Sequence

from engine.messages import N_, Message, Translate


class SupervisionError(Exception):
    """Base of all errors a person can act on.

    Parameters
    ----------
    **params : values of the class's ``template``; also machine-readable in ``--json`` output.
    """

    code = "supervision"
    exit_status = 1
    template = N_("Something is wrong.")

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.message.render())

    @property
    def message(self) -> Message:
        """The sentence as a translatable message."""
        return Message(self.template, self.params)

    def render(self, translate: Translate) -> str:
        """Return the sentence in the language of ``translate``."""
        return self.message.render(translate)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.params))


def _rebuild(kind: type[SupervisionError], params: dict[str, object]) -> SupervisionError:
    return kind(**params)


class UsageError(SupervisionError):
    """The call itself is wrong: an option, a date, a name that cannot be read."""

    code = "usage"
    exit_status = 2
    template = N_("{what}: {value!r} is not usable; {remedy}.")


class MisusedCommandError(UsageError):
    """The command line cannot be read: an unknown option, a missing argument."""

    code = "usage.command"
    template = N_("The command cannot be read: {problem}; 'xinheng COMMAND --help' shows what it takes.")


class SourceNotFoundError(UsageError):
    """A file or folder named by the caller is not there."""

    code = "usage.source_not_found"
    template = N_("There is no file or folder {path}: check the path.")


# --- contracts (exit 10) -------------------------------------------------------------------------------------------


class ContractError(SupervisionError):
    """Source data or a mapping does not fit its contract."""

    code = "contract"
    exit_status = 10
    template = N_("{table}: {problem}; {remedy}.")


class SchemaMismatchError(ContractError):
    """A table lacks columns that its contract or the next stage needs."""

    code = "contract.schema_mismatch"
    template = N_("{table} lacks the column(s) {columns}: add them or name them in the mapping file.")


class MappingColumnError(ContractError):
    """A mapping names a source column that the file does not have."""

    code = "contract.mapping_column"
    template = N_("Mapping {mapping}: column {column!r} for {table} is not in {source} (it has: {available}).")


class MappingFormError(ContractError):
    """A mapping file is not written as the mapping language asks."""

    code = "contract.mapping_form"
    template = N_("Mapping {mapping}: {problem}; {remedy}.")


class UnknownTableError(ContractError):
    """A source file or a mapping names a table that no contract describes."""

    code = "contract.unknown_table"
    template = N_("{source}: there is no contract table {table!r}; name one of {known} or give a mapping file.")


class UnknownColumnsError(ContractError):
    """A source file without a mapping has columns that its contract does not know."""

    code = "contract.unknown_columns"
    template = N_("{table} holds column(s) {columns} that its contract does not know: rename them or give a mapping.")


class LoadRefusedError(ContractError):
    """Most rows of a load are bad: a wrong file or a wrong mapping, not single mistakes."""

    code = "contract.mostly_bad"
    template = N_(
        "{table}: {bad} of {rows} rows break the contract, more than the {limit} allowed ({reference}); most often: "
        "{reason}. Nothing was loaded; check the file and its mapping."
    )


class RowsSettledError(ContractError):
    """Quarantined rows were put right or left out by somebody else in the meantime."""

    code = "contract.rows_settled"
    template = N_("{n} row(s) of {table} were settled by somebody else in the meantime: export the fix sheet again.")


class ContractViolationsError(ContractError):
    """Findings collected over a whole load, raised once."""

    code = "contract.violations"
    template = N_("{table}: {n_bad} of {n_rows} rows break the contract, more than policy allows: {first}")

    def __init__(self, *, findings: Sequence[object] = (), **params: object) -> None:
        self.findings = tuple(findings)
        super().__init__(**params)


class QualityGateError(ContractError):
    """The data quality of a source that grades and draws rest on is red."""

    code = "contract.quality_gate"
    template = N_(
        "Data quality as of {as_of} is red: {first}; {n} red finding(s) under {reference}. Mend the source, or go on "
        "with 'xinheng quality --override REASON'."
    )


# --- point in time (exit 11) ---------------------------------------------------------------------------------------


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


# --- policy (exit 12) ----------------------------------------------------------------------------------------------


class PolicyError(SupervisionError):
    """A rule is missing, contradictory or asked outside its dates."""

    code = "policy"
    exit_status = 12
    template = N_("Policy {name}: {problem}.")


class ParameterUnknownError(PolicyError):
    """No policy file defines this parameter."""

    code = "policy.unknown"
    template = N_("No policy defines {name!r} (profile {profile}): check the name or add the file.")


class ParameterNotInForceError(PolicyError):
    """A parameter is asked for a date outside its dated values."""

    code = "policy.not_in_force"
    template = N_("Policy {name} is in force from {first} to {last}, not on {on}: choose a date inside or add a value.")


class PolicyInconsistentError(PolicyError):
    """A policy file contradicts itself or its form."""

    code = "policy.inconsistent"
    template = N_("Policy {name}: {problem}; nothing was changed.")


class ShareMovementError(PolicyError):
    """A run moves more entities between grades than policy allows without a second look."""

    code = "policy.share_movement"
    template = N_("{movement}; {n_movements} such movement(s): find the cause, or have a second person sign off.")


class PlanError(PolicyError):
    """A plan, one of its lines or one of its steps breaks the rules of planning."""

    code = "policy.plan"
    template = N_("Plan {plan}: {problem}; {remedy}.")


class OffListError(PlanError):
    """No check off the list: a task without a listed item and without a lawful exemption."""

    code = "policy.off_list"
    template = N_("Task {task}: {problem}; no check off the list without a ground and its document.")


class WarningRefusedError(PolicyError):
    """A step in the disposal of a warning that does not follow."""

    code = "policy.warning"
    template = N_("Warning {warning}: {problem}; nothing was changed.")


class MonthlyRunError(PolicyError):
    """A step of the monthly run, its sign-off or a confirmation of grades that does not follow."""

    code = "policy.monthly_run"
    template = N_("Monthly run {run}: {problem}; {remedy}.")


class GradeOverrideError(PolicyError):
    """A grade cannot be set, reviewed, contested or decided as asked."""

    code = "policy.grade_override"
    template = N_("Grade of {subject}: {problem}; nothing was changed.")


class ResultRefusedError(PolicyError):
    """A step of a result that law or the city plan does not allow."""

    code = "policy.result"
    template = N_("{subject}: {problem} ({reference}); nothing was changed.")


class AccessError(PolicyError):
    """Somebody asked for what their role or their rows do not allow."""

    code = "policy.access"
    template = N_("Not permitted: {problem}.")


class AccessRevokedError(AccessError):
    """The account was revoked or changed since the page was opened."""

    code = "policy.access_revoked"
    template = N_("Account {account} is not permitted to sign in: ask whoever keeps the accounts.")


# --- scoring (exit 13) ---------------------------------------------------------------------------------------------


class ScoringError(SupervisionError):
    """A score cannot be computed as asked."""

    code = "scoring"
    exit_status = 13
    template = N_("Scoring: {problem}; {remedy}.")


class FeatureSetMismatchError(ScoringError):
    """A model and a feature table disagree on the columns."""

    code = "scoring.feature_set"
    template = N_(
        "The model needs feature(s) {columns}, which the feature table lacks: build it with the same version."
    )


class PromotionRefusedError(ScoringError):
    """A challenger has not earned the champion's place."""

    code = "scoring.promotion_refused"
    template = N_("Run {run} promotes nothing: {objections}. Judge it on later windows, or leave the champion.")


class FeatureDeclarationError(ScoringError):
    """A feature is declared twice or against the closed list of operators."""

    code = "scoring.feature_declaration"
    template = N_("Feature {name}: {problem}.")


class UnknownBinError(ScoringError):
    """A value falls into no bin of a points table."""

    code = "scoring.unknown_bin"
    template = N_("{indicator}: the value {value} falls into no bin; complete the bins in policy {policy}.")


class NothingToLearnError(ScoringError):
    """Too few labelled rows to fit a model."""

    code = "scoring.nothing_to_learn"
    template = N_(
        "{population}: {n_rows} labelled rows with {n_positive} adverse are too few to fit a model (need {need})."
    )


# --- draw and verification (exit 14) -------------------------------------------------------------------------------


class DrawError(SupervisionError):
    """A draw cannot be prepared, run or verified."""

    code = "draw"
    exit_status = 14
    template = N_("Draw: {problem}; {remedy}.")


class FrameChangedError(DrawError):
    """The frame is not the one that was committed to."""

    code = "draw.frame_changed"
    template = N_(
        "The frame's root is {found}, the commitment says {expected}: restore the committed frame or publish a void."
    )


class AlreadyDrawnError(DrawError):
    """One commitment is one draw."""

    code = "draw.already_drawn"
    template = N_("Draw {draw_id} was already drawn from commitment {commit_digest}: one commitment is one draw.")


class NotCanonicalError(DrawError):
    """A value is not written in the one form that the protocol hashes."""

    code = "draw.not_canonical"
    template = N_("{what} {value!r} is not in the protocol's form: {rule}.")


class CommitmentRefusedError(DrawError):
    """A commitment record breaks the closed schema or the rules it must follow."""

    code = "draw.commitment_refused"
    template = N_("Commitment: {where}: {problem}.")


class EntropyRefusedError(DrawError):
    """The value of a public event cannot be used for this draw."""

    code = "draw.entropy_refused"
    template = N_("Entropy source {source}: {problem}.")


class SubstitutionRefusedError(DrawError):
    """A substitution does not follow from the draw, its committed rule and the entries before."""

    code = "draw.substitution_refused"
    template = N_("Substitution: {problem}.")


class BundleUnreadableError(DrawError):
    """A bundle is not laid out as the protocol says."""

    code = "draw.bundle_unreadable"
    template = N_("Bundle: {where}: {problem}.")


# --- estimation (exit 15) ------------------------------------------------------------------------------------------


class EstimationError(SupervisionError):
    """A figure cannot be estimated honestly from these rows."""

    code = "estimation"
    exit_status = 15
    template = N_("Estimation: {problem}; {remedy}.")


class MissingInclusionProbabilityError(EstimationError):
    """A design-based estimator received rows without probabilities."""

    code = "estimation.missing_probability"
    template = N_("{n_rows} row(s) of mode {mode} carry no inclusion probability: only random rows can be used here.")


class SelectionModeError(EstimationError):
    """Rows of another kind of selection reached a design-based estimator."""

    code = "estimation.selection_mode"
    template = N_(
        "{n_rows} row(s) of mode {mode} cannot enter a design-based estimate: keep the rows of one kind of random draw."
    )


class SelfEvaluationError(EstimationError):
    """A model or grading is to be judged on the very draw it learned from."""

    code = "estimation.self_evaluation"
    template = N_("{name} learned from draw(s) {draws}: judge it on draws it has not seen.")


class UndefinedEstimateError(EstimationError):
    """The estimate does not exist for these rows."""

    code = "estimation.undefined"
    template = N_("{measure} is undefined: {reason}.")


# --- store (exit 20) -----------------------------------------------------------------------------------------------


class StoreError(SupervisionError):
    """The workspace cannot be read or written as asked; raised in ``engine.store`` only."""

    code = "store"
    exit_status = 20
    template = N_("Workspace {workspace}: {problem}; {remedy}.")


class WorkspaceMissingError(StoreError):
    """There is no workspace at the given folder."""

    code = "store.workspace_missing"
    template = N_(
        "There is no workspace at {workspace}: run 'xinheng demo' or 'xinheng ingest' first, or give --workspace."
    )


class ErasedError(StoreError):
    """What is asked rests on records that law ordered to be erased."""

    code = "store.erased"
    template = N_("{what} is not reproducible: erased under {reference} on {day} ({rows} rows).")


class TableMissingError(StoreError):
    """The workspace holds nothing for this table yet."""

    code = "store.table_missing"
    template = N_("The workspace holds no {table} yet: {remedy}.")
