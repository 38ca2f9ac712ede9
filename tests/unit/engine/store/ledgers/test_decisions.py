from sqlalchemy import create_engine, inspect

from engine.store.ledgers.decisions import METADATA, REVISION, Decisions


def described(engine):
    tables = inspect(engine)
    return {
        name: sorted((c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in tables.get_columns(name))
        for name in tables.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_build_what_the_code_declares(tmp_path):
    migrated = Decisions(f"sqlite:///{tmp_path / 'a.db'}", workspace=tmp_path)
    migrated.migrate()
    declared = create_engine("sqlite://")
    METADATA.create_all(declared)

    assert described(migrated.engine) == described(declared)
    with migrated.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION
    migrated.close()
    declared.dispose()


def test_migrating_twice_changes_nothing(tmp_path):
    decisions = Decisions(f"sqlite:///{tmp_path / 'a.db'}", workspace=tmp_path)
    decisions.migrate()
    with decisions.writing() as connection:
        connection.exec_driver_sql("INSERT INTO loads VALUES ('l', 1, '', '', '', '', '', 1)")

    decisions.migrate()

    with decisions.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM loads").scalar() == 1
    decisions.close()


def test_readers_do_not_wait_for_a_writer(tmp_path):
    decisions = Decisions(f"sqlite:///{tmp_path / 'a.db'}", workspace=tmp_path)
    decisions.migrate()

    with decisions.writing() as writer, decisions.reading() as reader:
        writer.exec_driver_sql("INSERT INTO loads VALUES ('l', 1, '', '', '', '', '', 1)")
        assert reader.exec_driver_sql("SELECT count(*) FROM loads").scalar() == 0

    with decisions.reading() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM loads").scalar() == 1
    decisions.close()
