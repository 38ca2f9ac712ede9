"""Check characters of official identifiers as vectorised SQL.

Unified social credit code, GB 32100-2015: 18 characters of a 31-letter alphabet (no I, O, S, V, Z), positions 3 to 8
the area code in digits; with weights 3^(i-1) mod 31 over the first 17 and weight 1 for the check character the
weighted sum is divisible by 31. A remainder of 0 gives the check character 0.
"""

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_USCC_FORM = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"


def is_uscc(text: str) -> str:
    """Return a boolean SQL expression: ``text`` (an SQL expression) is a unified social credit code."""
    weighted = " + ".join(
        f"(instr('{USCC_ALPHABET}', substr({text}, {at}, 1)) - 1) * {weight}"
        for at, weight in enumerate((*USCC_WEIGHTS, 1), start=1)
    )
    return f"(regexp_full_match({text}, '{_USCC_FORM}') AND ({weighted}) % 31 = 0)"
