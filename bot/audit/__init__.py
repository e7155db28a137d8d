"""What netclinic did, for whom, and proof that nobody changed the record of it."""

from bot.audit.context import AuditContext, AuditObserver
from bot.audit.log import AuditLog, AuditUnavailable
from bot.audit.records import Actor, Draft, Record

__all__ = ["Actor", "AuditContext", "AuditLog", "AuditObserver", "AuditUnavailable", "Draft", "Record"]
