"""The command line starts without the heavy libraries."""

import subprocess
import sys

HEAVY = ("pandas", "numpy", "duckdb", "ibis", "mlflow", "streamlit", "pyspark", "lightgbm", "sklearn", "shap", "scipy")


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom engine.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert result.stdout.strip().endswith("HEAVY []")
