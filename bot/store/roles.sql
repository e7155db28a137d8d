-- Roles for netclinic on PostgreSQL. The owner of the tables makes or upgrades the tables, and these roles with them:
--
--     NETCLINIC_DATABASE_URL=$OWNER_URL netclinic database upgrade --roles
--
-- Once the tables are there, psql does the same: psql "$OWNER_URL" -f deploy/postgresql/roles.sql
--
-- netclinic_bot      what `netclinic serve` needs: it adds to the audit log and reads it; it cannot change or remove.
-- netclinic_auditor  reads the audit log, and prunes it or erases people's words (`netclinic audit prune`).
--
-- Then give them to the users that log in:  GRANT netclinic_bot TO bot;  GRANT netclinic_auditor TO alice;
-- The owner's own password belongs to nobody who runs the bot: an owner can take the triggers away.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'netclinic_bot') THEN
        CREATE ROLE netclinic_bot NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'netclinic_auditor') THEN
        CREATE ROLE netclinic_auditor NOLOGIN;
    END IF;
END $$;

GRANT USAGE ON SCHEMA public TO netclinic_bot, netclinic_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO netclinic_bot;
REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_records, audit_words FROM netclinic_bot;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM netclinic_bot;

GRANT SELECT, INSERT ON audit_records, audit_words TO netclinic_auditor;
GRANT SELECT ON alembic_version TO netclinic_auditor;
GRANT SELECT, UPDATE ON cases, diagnoses, feedback, handoffs TO netclinic_auditor;  -- people's words there
GRANT SELECT, DELETE ON looks TO netclinic_auditor;
GRANT EXECUTE ON FUNCTION netclinic_audit_prune(bigint), netclinic_audit_erase(bigint, text) TO netclinic_auditor;

-- The queue of the work that Slack was promised lives in a schema of its own.
CREATE SCHEMA IF NOT EXISTS dbos;
GRANT USAGE, CREATE ON SCHEMA dbos TO netclinic_bot;
GRANT ALL ON ALL TABLES IN SCHEMA dbos TO netclinic_bot;
GRANT ALL ON ALL SEQUENCES IN SCHEMA dbos TO netclinic_bot;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dbos TO netclinic_bot;
GRANT USAGE ON SCHEMA dbos TO netclinic_auditor;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA dbos TO netclinic_auditor;
