CREATE TABLE definition (
    sha256 text primary key,
    text text not null
  ) strict, without rowid;
CREATE TABLE state_machine (
    id integer primary key autoincrement,
    arn text not null unique,
    name text not null,
    definition text not null references definition,
    role_arn text not null,
    status text not null,
    created_at integer not null,
    revision text not null
  ) strict;
CREATE TABLE execution (
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
CREATE INDEX execution_of_machine on execution (machine_arn, id);
CREATE INDEX execution_status on execution (machine_arn, status, id);
CREATE INDEX execution_running on execution (id) where status = 'RUNNING';
CREATE TABLE position (
    execution integer not null references execution,
    path text not null,
    position text not null,
    primary key (execution, path)
  ) strict, without rowid;
CREATE TABLE event (
    execution integer not null references execution,
    id integer not null,
    previous integer not null,
    at integer not null,
    type text not null,
    details text,
    primary key (execution, id)
  ) strict, without rowid;
CREATE TABLE token (
    token text primary key,
    execution integer not null references execution,
    path text not null,
    status text not null,
    answer text,
    heard_at integer not null
  ) strict, without rowid;
CREATE INDEX token_of_execution on token (execution, path);
insert into definition (sha256, text)
  values ('5a4863a84a1406fba251689ed1ce535c318633bea78eedd768c1fee3e3a8ca50', '{"QueryLanguage":"JSONata","StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Arguments":{"FunctionName":"ask","Payload":{"token":"{% $states.context.Task.Token %}"}},"Next":"Done"},"Done":{"Type":"Pass","End":true}}}');
insert into definition (sha256, text)
  values ('bca587eed6d0637b26a6757ea0a5467c12d41523c065d375fa8bab4c4df6b7b1', '{"QueryLanguage":"JSONata","StartAt":"Each","States":{"Each":{"Type":"Map","MaxConcurrency":1,"ItemProcessor":{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"work","Payload":"{% $states.input %}"},"Output":"{% $states.result.Payload %}","End":true}}},"End":true}}}');
insert into state_machine (id, arn, name, definition, role_arn, status, created_at, revision)
  values (1, 'arn:aws:states:us-east-1:000000000000:stateMachine:asks', 'asks', '5a4863a84a1406fba251689ed1ce535c318633bea78eedd768c1fee3e3a8ca50', 'arn:aws:iam::000000000000:role/test', 'ACTIVE', 1780272000000, '4bf3172c-7a09-4338-9afc-094ba7a196df');
insert into state_machine (id, arn, name, definition, role_arn, status, created_at, revision)
  values (2, 'arn:aws:states:us-east-1:000000000000:stateMachine:works', 'works', 'bca587eed6d0637b26a6757ea0a5467c12d41523c065d375fa8bab4c4df6b7b1', 'arn:aws:iam::000000000000:role/test', 'ACTIVE', 1780272000000, '73294a46-019b-493f-896f-c6439071540b');
insert into execution (id, arn, machine_arn, name, definition, role_arn, input, status, output, error, cause, started_at, stopped_at, redrives, redriven_at, redrive_token, events)
  values (1, 'arn:aws:states:us-east-1:000000000000:execution:works:succeeded', 'arn:aws:states:us-east-1:000000000000:stateMachine:works', 'succeeded', 'bca587eed6d0637b26a6757ea0a5467c12d41523c065d375fa8bab4c4df6b7b1', 'arn:aws:iam::000000000000:role/test', '[1]', 'SUCCEEDED', '[1]', null, null, 1780272000000, 1780272000000, 0, null, null, 13);
insert into execution (id, arn, machine_arn, name, definition, role_arn, input, status, output, error, cause, started_at, stopped_at, redrives, redriven_at, redrive_token, events)
  values (2, 'arn:aws:states:us-east-1:000000000000:execution:works:failed', 'arn:aws:states:us-east-1:000000000000:stateMachine:works', 'failed', 'bca587eed6d0637b26a6757ea0a5467c12d41523c065d375fa8bab4c4df6b7b1', 'arn:aws:iam::000000000000:role/test', '[1,2]', 'FAILED', null, 'Broken', '{"errorType":"Broken","errorMessage":"broken","trace":[""]}', 1780272000000, 1780272000000, 0, null, null, 18);
insert into execution (id, arn, machine_arn, name, definition, role_arn, input, status, output, error, cause, started_at, stopped_at, redrives, redriven_at, redrive_token, events)
  values (3, 'arn:aws:states:us-east-1:000000000000:execution:asks:waiting', 'arn:aws:states:us-east-1:000000000000:stateMachine:asks', 'waiting', '5a4863a84a1406fba251689ed1ce535c318633bea78eedd768c1fee3e3a8ca50', 'arn:aws:iam::000000000000:role/test', '{}', 'RUNNING', null, null, null, 1780272000000, null, 0, null, null, 5);
insert into position (execution, path, position)
  values (2, '', '{"status":"failed","state":"Each","step":1,"input":[1,2],"variables":{},"enteredAt":1780272000000,"enteredEvent":2,"lastEvent":18,"progress":{"map":{"items":[1,2],"concurrency":1}},"failure":{"name":"Broken","cause":"{\"errorType\":\"Broken\",\"errorMessage\":\"broken\",\"trace\":[\"\"]}"}}');
insert into position (execution, path, position)
  values (2, '/Each#1/0', '{"status":"succeeded","state":"Work","step":1,"input":1,"variables":{},"enteredAt":1780272000000,"enteredEvent":5,"lastEvent":10,"progress":{},"output":1}');
insert into position (execution, path, position)
  values (2, '/Each#1/1', '{"status":"failed","state":"Work","step":1,"input":2,"variables":{},"enteredAt":1780272000000,"enteredEvent":12,"lastEvent":16,"progress":{"attempt":{}},"failure":{"name":"Broken","cause":"{\"errorType\":\"Broken\",\"errorMessage\":\"broken\",\"trace\":[\"\"]}"}}');
insert into position (execution, path, position)
  values (3, '', '{"status":"running","state":"Ask","step":1,"input":{},"variables":{},"enteredAt":1780272000000,"enteredEvent":2,"lastEvent":5,"progress":{"attempt":{"token":"TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT","submitted":true}}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 1, 0, 1780272000000, 'ExecutionStarted', '{"input":"[1]","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/test"}');
insert into event (execution, id, previous, at, type, details)
  values (1, 2, 1, 1780272000000, 'MapStateEntered', '{"name":"Each","input":"[1]","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 3, 2, 1780272000000, 'MapStateStarted', '{"length":1}');
insert into event (execution, id, previous, at, type, details)
  values (1, 4, 3, 1780272000000, 'MapIterationStarted', '{"name":"Each","index":0}');
insert into event (execution, id, previous, at, type, details)
  values (1, 5, 4, 1780272000000, 'TaskStateEntered', '{"name":"Work","input":"1","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 6, 5, 1780272000000, 'TaskScheduled', '{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"FunctionName\":\"work\",\"Payload\":1}"}');
insert into event (execution, id, previous, at, type, details)
  values (1, 7, 6, 1780272000000, 'TaskStarted', '{"resourceType":"lambda","resource":"invoke"}');
insert into event (execution, id, previous, at, type, details)
  values (1, 8, 7, 1780272000000, 'TaskSucceeded', '{"resourceType":"lambda","resource":"invoke","output":"{\"ExecutedVersion\":\"$LATEST\",\"Payload\":1,\"StatusCode\":200}","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 9, 8, 1780272000000, 'TaskStateExited', '{"name":"Work","output":"1","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 10, 9, 1780272000000, 'MapIterationSucceeded', '{"name":"Each","index":0}');
insert into event (execution, id, previous, at, type, details)
  values (1, 11, 3, 1780272000000, 'MapStateSucceeded', null);
insert into event (execution, id, previous, at, type, details)
  values (1, 12, 11, 1780272000000, 'MapStateExited', '{"name":"Each","output":"[1]","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (1, 13, 12, 1780272000000, 'ExecutionSucceeded', '{"output":"[1]","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 1, 0, 1780272000000, 'ExecutionStarted', '{"input":"[1,2]","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/test"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 2, 1, 1780272000000, 'MapStateEntered', '{"name":"Each","input":"[1,2]","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 3, 2, 1780272000000, 'MapStateStarted', '{"length":2}');
insert into event (execution, id, previous, at, type, details)
  values (2, 4, 3, 1780272000000, 'MapIterationStarted', '{"name":"Each","index":0}');
insert into event (execution, id, previous, at, type, details)
  values (2, 5, 4, 1780272000000, 'TaskStateEntered', '{"name":"Work","input":"1","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 6, 5, 1780272000000, 'TaskScheduled', '{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"FunctionName\":\"work\",\"Payload\":1}"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 7, 6, 1780272000000, 'TaskStarted', '{"resourceType":"lambda","resource":"invoke"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 8, 7, 1780272000000, 'TaskSucceeded', '{"resourceType":"lambda","resource":"invoke","output":"{\"ExecutedVersion\":\"$LATEST\",\"Payload\":1,\"StatusCode\":200}","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 9, 8, 1780272000000, 'TaskStateExited', '{"name":"Work","output":"1","outputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 10, 9, 1780272000000, 'MapIterationSucceeded', '{"name":"Each","index":0}');
insert into event (execution, id, previous, at, type, details)
  values (2, 11, 3, 1780272000000, 'MapIterationStarted', '{"name":"Each","index":1}');
insert into event (execution, id, previous, at, type, details)
  values (2, 12, 11, 1780272000000, 'TaskStateEntered', '{"name":"Work","input":"2","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (2, 13, 12, 1780272000000, 'TaskScheduled', '{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"FunctionName\":\"work\",\"Payload\":2}"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 14, 13, 1780272000000, 'TaskStarted', '{"resourceType":"lambda","resource":"invoke"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 15, 14, 1780272000000, 'TaskFailed', '{"resourceType":"lambda","resource":"invoke","error":"Broken","cause":"{\"errorType\":\"Broken\",\"errorMessage\":\"broken\",\"trace\":[\"\"]}"}');
insert into event (execution, id, previous, at, type, details)
  values (2, 16, 15, 1780272000000, 'MapIterationFailed', '{"name":"Each","index":1}');
insert into event (execution, id, previous, at, type, details)
  values (2, 17, 3, 1780272000000, 'MapStateFailed', null);
insert into event (execution, id, previous, at, type, details)
  values (2, 18, 17, 1780272000000, 'ExecutionFailed', '{"error":"Broken","cause":"{\"errorType\":\"Broken\",\"errorMessage\":\"broken\",\"trace\":[\"\"]}"}');
insert into event (execution, id, previous, at, type, details)
  values (3, 1, 0, 1780272000000, 'ExecutionStarted', '{"input":"{}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/test"}');
insert into event (execution, id, previous, at, type, details)
  values (3, 2, 1, 1780272000000, 'TaskStateEntered', '{"name":"Ask","input":"{}","inputDetails":{"truncated":false}}');
insert into event (execution, id, previous, at, type, details)
  values (3, 3, 2, 1780272000000, 'TaskScheduled', '{"resourceType":"lambda","resource":"invoke.waitForTaskToken","region":"us-east-1","parameters":"{\"FunctionName\":\"ask\",\"Payload\":{\"token\":\"TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT\"}}"}');
insert into event (execution, id, previous, at, type, details)
  values (3, 4, 3, 1780272000000, 'TaskStarted', '{"resourceType":"lambda","resource":"invoke.waitForTaskToken"}');
insert into event (execution, id, previous, at, type, details)
  values (3, 5, 4, 1780272000000, 'TaskSubmitted', '{"resourceType":"lambda","resource":"invoke.waitForTaskToken","output":"{\"ExecutedVersion\":\"$LATEST\",\"Payload\":null,\"StatusCode\":200}","outputDetails":{"truncated":false}}');
insert into token (token, execution, path, status, answer, heard_at)
  values ('TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT', 3, '/Ask#1/', 'open', null, 1780272000000);
