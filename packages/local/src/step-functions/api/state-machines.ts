import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { expectMachineArn, expectName, machineArn } from '../arns.ts';
import { MAX_DEFINITION_LENGTH, parseDefinition } from '../definition/parse-definition.ts';
import {
  deleteMachine,
  findMachine,
  insertMachine,
  listMachines,
  readMachine,
  updateMachine,
} from '../journal/state-machines.ts';
import { operation, toSeconds } from './operation.ts';
import { PAGE, page } from './page.ts';

const definition = z.string().min(1).max(MAX_DEFINITION_LENGTH);
const roleArn = z.string().regex(/^arn:/, 'expected an ARN');
const byArn = { stateMachineArn: z.string() };

/** API reference, CreateStateMachine: the same request again has the same answer. */
export const createStateMachine = operation(
  z.strictObject({ name: z.string(), definition, roleArn, type: z.enum(['STANDARD', 'EXPRESS']).optional() }),
  ({ journal, clock }, { name, definition: text, roleArn: role, type }) => {
    expectName(name);
    if (type === 'EXPRESS') {
      throw new ApiError('StateMachineTypeNotSupported', 'expected a state machine of type STANDARD, got EXPRESS');
    }
    parseDefinition(text);
    const arn = machineArn(name);
    const found = findMachine(journal, arn);
    if (!found) {
      const createdAt = clock.now();
      journal.transaction(() => insertMachine(journal, { arn, name, definition: text, roleArn: role, createdAt }));
    } else if (found.status === 'DELETING') {
      throw new ApiError('StateMachineDeleting', `State Machine is being deleted: '${arn}'`);
    } else if (found.definition !== text || found.roleArn !== role) {
      throw new ApiError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    return { stateMachineArn: arn, creationDate: toSeconds(readMachine(journal, arn).createdAt) };
  },
);

/** API reference, UpdateStateMachine. */
export const updateStateMachine = operation(
  z
    .strictObject({ ...byArn, definition: definition.optional(), roleArn: roleArn.optional() })
    .refine((input) => input.definition !== undefined || input.roleArn !== undefined, 'expected a change'),
  ({ journal, clock }, { stateMachineArn, definition: text, roleArn: role }) => {
    expectMachineArn(stateMachineArn);
    const machine = readMachine(journal, stateMachineArn);
    if (machine.status === 'DELETING') {
      throw new ApiError('StateMachineDeleting', `State Machine is being deleted: '${stateMachineArn}'`);
    }
    if (text !== undefined) parseDefinition(text);
    const revisionId = journal.transaction(() =>
      updateMachine(journal, stateMachineArn, text ?? machine.definition, role ?? machine.roleArn),
    );
    return { updateDate: toSeconds(clock.now()), revisionId };
  },
);

/** API reference, DescribeStateMachine. */
export const describeStateMachine = operation(z.strictObject(byArn), ({ journal }, { stateMachineArn }) => {
  expectMachineArn(stateMachineArn);
  const {
    arn,
    name,
    status,
    definition: text,
    roleArn: role,
    createdAt,
    revision,
  } = readMachine(journal, stateMachineArn);
  return {
    stateMachineArn: arn,
    name,
    status,
    definition: text,
    roleArn: role,
    type: 'STANDARD',
    creationDate: toSeconds(createdAt),
    revisionId: revision,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  };
});

/** API reference, ListStateMachines. */
export const listStateMachines = operation(z.strictObject(PAGE), ({ journal }, request) => {
  const list = (after = 0, limit = 0) => listMachines(journal, after, limit);
  const { items, ...rest } = page(request, 'stateMachines', list, ({ id }) => id);
  const stateMachines = items.map(({ arn, name, createdAt }) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: toSeconds(createdAt),
  }));
  return { stateMachines, ...rest };
});

/** API reference, DeleteStateMachine: one that is not there is deleted. */
export const deleteStateMachine = operation(z.strictObject(byArn), ({ journal }, { stateMachineArn }) => {
  expectMachineArn(stateMachineArn);
  journal.transaction(() => deleteMachine(journal, stateMachineArn));
  return {};
});
