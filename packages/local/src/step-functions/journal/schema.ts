/** Times are milliseconds since 1970; JSON is text. A journal that was begun before versions were counted is of the first. */
const FIRST = `
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

/** What is looked for to remove executions, and what `references` looks for when it is gone. */
const REMOVAL = `
  create index execution_over on execution (stopped_at) where stopped_at is not null;
  create index execution_removed on execution (id) where status = 'REMOVED';
  create index execution_of_definition on execution (definition);
  create index machine_of_definition on state_machine (definition);
`;

/** Until when what a schedule has started was started. */
const SCHEDULES = `
  create table schedule (
    name text primary key,
    expression text not null,
    anchor integer not null,
    through integer not null
  ) strict, without rowid;
`;

/** What makes of a journal of each version one of the next; `user_version` says of which it is. */
export const MIGRATIONS: readonly string[] = [FIRST, REMOVAL, SCHEDULES];
