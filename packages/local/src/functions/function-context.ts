import type { FunctionCall } from './function-messages.ts';

/** Of what Lambda tells a handler, that which is of use here (Lambda Developer Guide, "Node.js context object"). */
export interface FunctionContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

/** The context of a call that begins now. A clock that is set moves its deadline neither way. */
export function contextOf(call: FunctionCall): FunctionContext {
  const deadline = performance.now() + call.timeoutMs;
  return {
    awsRequestId: call.requestId,
    functionName: call.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: call.functionArn,
    memoryLimitInMB: String(call.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
}
