/** Times are milliseconds since 1970; JSON is text. */
export const SCHEMA = `
  create table if not exists definition (
    sha256 text primary key,
    text text not null
  ) strict, without rowid;

  create table if not exists state_machine (
    id integer primary key autoincrement,
    arn text not null unique,
    name text not null,
    definition text not null references definition,
    role_arn text not null,
    status text not null,
    created_at integer not null,
    revision text not null
  ) strict;

  create table if not exists execution (
    id integer primary key autoincrement,
    arn text not null unique,
    machine_arn text not null,
    name text not null,
    definition text not null references definition,
    role_arn text not null,
    input text not null,
    status text not null,
    output text,
    error text,
    cause text,
    started_at integer not null,
    stopped_at integer,
    redrives integer not null default 0,
    redriven_at integer,
    redrive_token text,
    events integer not null
  ) strict;
  create index if not exists execution_of_machine on execution (machine_arn, id);
  create index if not exists execution_status on execution (machine_arn, status, id);
  create index if not exists execution_running on execution (id) where status = 'RUNNING';

  -- Where a sequence of states stands: that of the machine (path ''), of a branch, of an item (/Each#1/2).
  create table if not exists position (
    execution integer not null references execution,
    path text not null,
    position text not null,
    primary key (execution, path)
  ) strict, without rowid;

  create table if not exists event (
    execution integer not null references execution,
    id integer not null,
    previous integer not null,
    at integer not null,
    type text not null,
    details text,
    primary key (execution, id)
  ) strict, without rowid;

  create table if not exists token (
    token text primary key,
    execution integer not null references execution,
    path text not null,
    status text not null,
    answer text,
    heard_at integer not null
  ) strict, without rowid;
  create index if not exists token_of_execution on token (execution, path);
`;
