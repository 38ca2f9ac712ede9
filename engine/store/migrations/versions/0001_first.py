"""Loads, runs, files and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "loads",
        sa.Column("load_id", sa.String(40), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, unique=True),
        sa.Column("loaded_at", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("mapping_digest", sa.String(64), nullable=False),
        sa.Column("is_visible", sa.Boolean, nullable=False),
    )
    op.create_table(
        "load_tables",
        sa.Column("load_id", sa.String(40), sa.ForeignKey("loads.load_id"), primary_key=True),
        sa.Column("table_name", sa.String(80), primary_key=True),
        sa.Column("source_digest", sa.String(64), nullable=False),
        sa.Column("contract_version", sa.String(40), nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("rows_in", "accepted", "quarantined", "duplicates", "corrections")
        ),
        sa.Column("warnings", sa.Text, nullable=False),
    )
    op.create_index("load_tables_by_source", "load_tables", ["table_name", "source_digest"])
    op.create_table(
        "sources",
        sa.Column("load_id", sa.String(40), sa.ForeignKey("loads.load_id"), primary_key=True),
        sa.Column("table_name", sa.String(80), primary_key=True),
        sa.Column("name", sa.String(400), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(80), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, unique=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("ran_at", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("path", sa.String(400), primary_key=True),
        sa.Column("table_name", sa.String(80), nullable=False, index=True),
        sa.Column("content", sa.String(20), nullable=False),
        sa.Column("load_id", sa.String(40), sa.ForeignKey("loads.load_id")),
        sa.Column("run_id", sa.String(80), sa.ForeignKey("runs.run_id")),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("n_rows", sa.BigInteger, nullable=False),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
        sa.Column("first_known_at", sa.Date),
        sa.Column("last_known_at", sa.Date),
    )
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entered_at", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.String(200), unique=True),
        sa.Column("previous_digest", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Drop everything; the Parquet files stay."""
    for table in ("ledger", "files", "runs", "sources", "load_tables", "loads"):
        op.drop_table(table)
