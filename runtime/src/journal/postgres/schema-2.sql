-- Version 2: messages whose content was erased.

alter table progress add column erased_ms bigint;
alter table progress add column erased_by text;
