"""Errors of source records and their contracts; exit status 10."""

from collections.abc import Sequence

from engine.errors.base import SupervisionError
from engine.messages import N_


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
    template = N_(
        "{source}: there is no contract table {table!r}; a file of another name or layout comes in with --mapping. "
        "The tables are {known}."
    )


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
