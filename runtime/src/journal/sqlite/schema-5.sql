-- Version 5: a million messages are no burden. Rare states, senders' ids, keys and interfaces are found without looking at
-- everything; a body that changes on the disk is noticed; what is past its time is found and deleted. Every index here only grows at its end, or holds few rows.

create index progress_kept on progress (state, message)
    where state = 'HELD' or state = 'DEAD' or state = 'FAILED' or state = 'RESOLVED' or state = 'DISCARDED';
create index message_interface on message (interface);
create index message_accepted on message (accepted_ms);
create index message_request on message (request_id);
create index message_order_key on message (order_key) where order_key is not null;
create index idem_expires on idem (expires_ms);

-- SQLite finds damaged pages, not damaged bytes in a page.
alter table body add column sha256 blob;
