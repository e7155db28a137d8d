"""The audit log: records that can only be added, and people's words, which can only be erased.

Triggers hold whoever asks, the owner too: nothing is changed, and a record goes only when a newer ``audit.pruned``
record says so; words only when a newer ``audit.erased`` or ``audit.pruned`` record does. On PostgreSQL a role without
DELETE prunes through functions that are granted to it alone (deploy/postgresql/roles.sql).
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIELDS = ("action", "actor_id", "actor_name", "channel", "case", "cluster", "entry", "request_id")


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("seq", SEQ, autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("time", "action", "actor_kind", "actor_id", "actor_name", "channel", "team", "case")
        ),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("cluster", "entry", "request_id", "outcome", "detail", "words", "prev", "hash")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_records")),
    )
    op.create_index(op.f("ix_audit_records_time"), "audit_records", ["time"])
    for field in FIELDS:
        op.create_index(op.f(f"ix_audit_records_{field}_audit_records_seq"), "audit_records", [field, "seq"])
    op.create_table(
        "audit_words",
        sa.Column("seq", SEQ, autoincrement=False, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_words")),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    op.drop_table("audit_words")
    op.drop_table("audit_records")
    if op.get_bind().dialect.name != "sqlite":
        for function in ("prune(bigint)", "erase(bigint, text)", "never()", "may_prune()", "may_erase()"):
            op.execute(sa.text(f"DROP FUNCTION netclinic_audit_{function}"))


_SQLITE = (
    """
    CREATE TRIGGER audit_records_never_change BEFORE UPDATE ON audit_records
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_records_prune BEFORE DELETE ON audit_records
    WHEN OLD.seq > coalesce((SELECT json_extract(detail, '$.to') FROM audit_records
                             WHERE action = 'audit.pruned' ORDER BY seq DESC LIMIT 1), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_words_never_change BEFORE UPDATE ON audit_words
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_words_erase BEFORE DELETE ON audit_words
    WHEN NOT EXISTS (
        SELECT 1 FROM audit_records said
        WHERE said.action IN ('audit.pruned', 'audit.erased') AND json_extract(said.detail, '$.to') >= OLD.seq
          AND coalesce(json_extract(said.detail, '$.actor'), '') IN (
              '', (SELECT actor_id FROM audit_records WHERE seq = OLD.seq)))
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
)

_POSTGRESQL = (
    """
    CREATE FUNCTION netclinic_audit_never() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE FUNCTION netclinic_audit_may_prune() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF OLD.seq > coalesce((SELECT (detail\\:\\:json ->> 'to')\\:\\:bigint FROM audit_records
                               WHERE action = 'audit.pruned' ORDER BY seq DESC LIMIT 1), 0) THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE FUNCTION netclinic_audit_may_erase() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM audit_records said
            WHERE said.action IN ('audit.pruned', 'audit.erased')
              AND (said.detail\\:\\:json ->> 'to')\\:\\:bigint >= OLD.seq
              AND coalesce(said.detail\\:\\:json ->> 'actor', '') IN (
                  '', (SELECT actor_id FROM audit_records WHERE seq = OLD.seq))) THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER audit_records_never_change BEFORE UPDATE OR TRUNCATE ON audit_records
    FOR EACH STATEMENT EXECUTE FUNCTION netclinic_audit_never()
    """,
    """
    CREATE TRIGGER audit_words_never_change BEFORE UPDATE OR TRUNCATE ON audit_words
    FOR EACH STATEMENT EXECUTE FUNCTION netclinic_audit_never()
    """,
    """
    CREATE TRIGGER audit_records_prune BEFORE DELETE ON audit_records
    FOR EACH ROW EXECUTE FUNCTION netclinic_audit_may_prune()
    """,
    """
    CREATE TRIGGER audit_words_erase BEFORE DELETE ON audit_words
    FOR EACH ROW EXECUTE FUNCTION netclinic_audit_may_erase()
    """,
    """
    CREATE FUNCTION netclinic_audit_prune(upto bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DELETE FROM audit_words WHERE seq <= upto;
        DELETE FROM audit_records WHERE seq <= upto;
    $$
    """,
    """
    CREATE FUNCTION netclinic_audit_erase(upto bigint, actor text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DELETE FROM audit_words WHERE seq <= upto AND (actor = '' OR seq IN (
            SELECT seq FROM audit_records WHERE actor_id = actor));
    $$
    """,
    "REVOKE ALL ON FUNCTION netclinic_audit_prune(bigint), netclinic_audit_erase(bigint, text) FROM PUBLIC",
)
