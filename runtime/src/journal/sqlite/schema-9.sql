-- Version 9: large bodies lie in files of their own beside the store. Their rows in `body` hold the digest and no bytes. A
-- table apart, so that opening a store reads the names of its files and not its bodies.

create table body_file (
    message integer primary key,
    file text not null,
    bytes integer not null
) strict;
