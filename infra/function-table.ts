/** What a function may do, and with it which variables it is given. */
export type Grant =
  /** Opens the audit database and the sources, and reads the bucket. */
  | 'database'
  /** Appends to the journal, whose mirror is in the bucket. */
  | 'journal'
  /** Leaves something for the next state. */
  | 'payload'
  | 'write-dumps'
  | 'write-rejects'
  /** Takes files out of the inbox. */
  | 'settle'
  /** Deletes by the rules of retention, and changes storage classes. */
  | 'expire'
  /** Removes what killed processes have left. */
  | 'reconcile'
  /** Encrypts what is sensitive. */
  | 'encrypt'
  /** Opens what is encrypted. */
  | 'decrypt'
  /** Knows which tables are protected. */
  | 'protect'
  | 'retention'
  | 'steps'
  | 'imports'
  | 'notify'
  /** Signs links, or checks them. */
  | 'links'
  /** Tells where links lead. */
  | 'link-url'
  /** Answers a state that waits. */
  | 'answer'
  /** Starts imports, and takes them up again. */
  | 'start-imports'
  /** Starts workflows, and tells of them. */
  | 'control';

export interface FunctionRow {
  /** An image has PostgreSQL's client tools. */
  readonly kind: 'zip' | 'image';
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Why so much of both. */
  readonly because: string;
  /** More calls than these wait, or are refused. */
  readonly reserved?: number;
  readonly grants: readonly Grant[];
}

/** Lambda gives no more; the states wait 930 s. */
const LONGEST = 900;
/** A call that asks a database a few things; the states that tell of failures wait 120 s. */
const SHORT = 110;

const AUDIT = 'asks the audit database a few things; memory for a start in about a second';
const STREAMS = 'streams: memory is bounded by chunks, and buys the processor for hashing (1,769 MB are one)';
const TOOLS = 'streams through the client tools, beside which it hashes and compresses: two processors';

/**
 * The functions, one row each: the only place that says what a function takes and what it may. Each row is held against
 * what the code of its handler reaches (test/infra).
 */
export const FUNCTIONS: Readonly<Record<string, FunctionRow>> = {
  preflight: {
    kind: 'image',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: `${AUDIT}; fingerprints every table`,
    grants: ['database', 'payload', 'encrypt'],
  },
  stage: {
    kind: 'image',
    memoryMb: 3_538,
    timeoutSeconds: LONGEST,
    because: TOOLS,
    grants: ['database', 'journal', 'payload', 'write-dumps', 'encrypt'],
  },
  verify: {
    kind: 'zip',
    memoryMb: 1_769,
    timeoutSeconds: LONGEST,
    because: STREAMS,
    grants: ['database'],
  },
  commit: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: AUDIT,
    grants: ['database', 'journal', 'write-dumps'],
  },
  retain: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: 'deletes one version after the other',
    grants: ['database', 'journal', 'expire', 'retention'],
  },
  'check-restore': {
    kind: 'image',
    memoryMb: 1_769,
    timeoutSeconds: LONGEST,
    because: `${AUDIT}; reads the archive's table of contents by pg_restore`,
    grants: ['database', 'journal', 'payload', 'decrypt', 'protect'],
  },
  restore: {
    kind: 'image',
    memoryMb: 3_538,
    timeoutSeconds: LONGEST,
    because: TOOLS,
    grants: ['database', 'journal', 'decrypt', 'protect'],
  },
  'list-newest': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: AUDIT,
    grants: ['database'],
  },
  prove: {
    kind: 'image',
    memoryMb: 3_538,
    timeoutSeconds: LONGEST,
    because: TOOLS,
    grants: ['database', 'journal', 'decrypt'],
  },
  inspect: {
    kind: 'zip',
    memoryMb: 1_769,
    timeoutSeconds: LONGEST,
    because: STREAMS,
    grants: ['database', 'journal', 'protect'],
  },
  import: {
    kind: 'zip',
    memoryMb: 1_769,
    timeoutSeconds: LONGEST,
    because: STREAMS,
    grants: ['database', 'journal', 'write-rejects', 'encrypt', 'protect'],
  },
  settle: {
    kind: 'zip',
    memoryMb: 1_024,
    timeoutSeconds: LONGEST,
    because: 'S3 copies; what it reads back it hashes',
    grants: ['database', 'settle'],
  },
  plan: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: AUDIT,
    grants: ['database', 'journal', 'retention'],
  },
  expire: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: 'deletes one version after the other',
    // A second one would wait for the first one's lock, and be paid for that.
    reserved: 1,
    grants: ['database', 'journal', 'expire', 'retention'],
  },
  reconcile: {
    kind: 'zip',
    memoryMb: 1_024,
    timeoutSeconds: LONGEST,
    because: 'lists the bucket; what it adopts it reads and hashes',
    // As of expire.
    reserved: 1,
    grants: ['database', 'journal', 'reconcile', 'answer'],
  },
  'begin-step': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: 'waits for a lock that imports share',
    grants: ['database', 'journal', 'steps'],
  },
  'check-step': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: AUDIT,
    grants: ['database', 'journal'],
  },
  'end-step': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: LONGEST,
    because: AUDIT,
    grants: ['database', 'journal'],
  },
  approval: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: SHORT,
    because: AUDIT,
    grants: ['database', 'journal', 'notify', 'links', 'link-url', 'answer'],
  },
  'record-failure': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: SHORT,
    because: AUDIT,
    grants: ['database', 'journal'],
  },
  notify: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: SHORT,
    because: 'tries a channel that is down for half a minute',
    grants: ['database', 'notify'],
  },
  fail: {
    kind: 'zip',
    memoryMb: 256,
    timeoutSeconds: 30,
    because: 'throws an error; the state waits 60 s',
    grants: [],
  },
  audit: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: 60,
    because: AUDIT,
    grants: ['database'],
  },
  starter: {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: 60,
    because: 'starts up to ten executions, one after the other',
    grants: ['imports', 'start-imports'],
  },
  'url-audit': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: 30,
    because: `${AUDIT}; a person waits`,
    reserved: 10,
    grants: ['database'],
  },
  'url-control': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: 30,
    because: 'asks Step Functions; a person waits',
    reserved: 10,
    grants: ['control'],
  },
  'url-approval': {
    kind: 'zip',
    memoryMb: 512,
    timeoutSeconds: 30,
    because: `${AUDIT}; a person waits`,
    // Whoever finds the URL may call it: so much is paid for at most.
    reserved: 5,
    grants: ['database', 'journal', 'links', 'answer'],
  },
};

/** The steps that may also run as a task of ECS (functions/container/steps.ts). */
const TASK_STEPS = [
  'stage',
  'verify',
  'inspect',
  'import',
  'settle',
  'expire',
  'reconcile',
  'restore',
  'prove',
] as const;

/** What the task may: all that its steps may, and to tell what has become of it. */
export function taskGrants(): Grant[] {
  return [...new Set(TASK_STEPS.flatMap((name) => FUNCTIONS[name]?.grants ?? []).concat('answer'))];
}
