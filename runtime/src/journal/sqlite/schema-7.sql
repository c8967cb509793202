-- Version 7: messages whose content was erased.

alter table progress add column erased_ms integer;
alter table progress add column erased_by text;
