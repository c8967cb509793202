-- Version 6: what messages can be looked for by. A token is found in the second index, which is written at random places:
-- only the interfaces whose documents mark fields pay for it.

create table searchable (
    message integer not null,
    token blob not null,
    primary key (message, token)
) strict, without rowid;
create index searchable_token on searchable (token, message);
