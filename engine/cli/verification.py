"""``xinheng verify``: recomputing a published draw, for anybody, and for an auditor who holds the key."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import JsonOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

BundleArgument = Annotated[Path, typer.Argument(help=N_("Bundle folder or compact JSON file."))]
ExpectCommitOption = Annotated[
    str | None, typer.Option("--expect-commit", help=N_("Commitment digest known from elsewhere, 64 hex digits."))
]
ExpectEntropyOption = Annotated[
    Path | None, typer.Option("--expect-entropy", help=N_("JSON file of source and value from the operators."))
]
SignersOption = Annotated[
    Path | None, typer.Option("--signers", help=N_("JSON file of name and public key, known from elsewhere."))
]
LogOption = Annotated[Path | None, typer.Option("--log", help=N_("The public log as it is published now."))]
RootOption = Annotated[
    list[Path] | None,
    typer.Option("--tsa-root", help=N_("Root certificate of a time stamping authority; repeat it.")),
]
BeaconCertificateOption = Annotated[
    list[Path] | None,
    typer.Option("--beacon-certificate", help=N_("Certificate of the NIST beacon, known from elsewhere; repeat it.")),
]
AuditKeyOption = Annotated[Path | None, typer.Option("--key", help=N_("Auditors: file of the blinding key."))]
RegisterOption = Annotated[
    Path | None, typer.Option("--register", help=N_("Auditors: CSV of the register's own objects (object_id)."))
]
GradesOption = Annotated[
    Path | None,
    typer.Option("--grades", help=N_("Auditors: CSV of the frozen grades (object_id,item_code,grade,district_code).")),
]
SampleOption = Annotated[
    int, typer.Option("--sample", min=0, help=N_("Auditors: name this many rows to be looked up in the register."))
]
EXIT_NOT_VERIFIED = 14


def verify(
    bundle: BundleArgument,
    expect_commit: ExpectCommitOption = None,
    expect_entropy: ExpectEntropyOption = None,
    signers: SignersOption = None,
    log: LogOption = None,
    tsa_root: RootOption = None,
    beacon_certificate: BeaconCertificateOption = None,
    key: AuditKeyOption = None,
    register: RegisterOption = None,
    grades: GradesOption = None,
    sample: SampleOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Recompute a published draw; leaves with 14 when anything is wrong."""
    from engine.api.draws.verification import Expected, rows_for_hand_check, verify_expected

    expected = Expected(
        commit=expect_commit,
        entropy=expect_entropy,
        signers=signers,
        log=log,
        tsa_roots=tuple(tsa_root or ()),
        beacon_certificates=tuple(beacon_certificate or ()),
        key=key,
        register=register,
        grades=grades,
    )
    verification = verify_expected(bundle, expected)
    rows_to_see = []
    if sample and key is not None and register is not None:
        rows_to_see = rows_for_hand_check(bundle, key=key, register=register, n=sample)
    translate, caution = current_translate(), verification.caution
    if as_json:
        checks = [
            {"name": c.name, "ok": c.ok, "state": c.state.value, "detail": c.detail.render(translate)}
            for c in verification.checks
        ]
        show_json(
            {
                "ok": verification.ok,
                "anchored": verification.anchored,
                "class": "simulation" if verification.is_simulation else "real",
                "verdict": verification.verdict.render(translate),
                "caution": caution.render(translate) if caution is not None else None,
                "checks": checks,
                "sample": rows_to_see,
            }
        )
    else:
        marks = {"passed": "✓", "failed": "✗", "not_checked": "–"}
        rows = [[marks[c.state.value], c.name, c.detail.render(translate)] for c in verification.checks]
        show_table(str(bundle), ["", translate(N_("check")), translate(N_("what was found"))], rows)
        show_line(verification.verdict.render(translate))
        if caution is not None:
            show_line(f"entropy.expected: {caution.render(translate)}")
        for row in rows_to_see:
            show_line("  ".join(row.values()))
    raise typer.Exit(0 if verification.ok else EXIT_NOT_VERIFIED)
