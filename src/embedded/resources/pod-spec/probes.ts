import type {
  ExecAction,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from '../../../kube/api.gen.ts';
import { httpHeaderName, validPortNumber } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { nonNegative } from '../validate/numbers.ts';
import { validatePortNumberOrName } from '../validate/port.ts';

const schemes = ['HTTP', 'HTTPS'];

const validateExec = (action: ExecAction, at: field.FieldPath) =>
  (action.command ?? []).length === 0 ? [field.required(at.child('command'))] : [];

function validateHttpGet(action: HTTPGetAction, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!action.path) errors.push(field.required(at.child('path')));
  errors.push(...validatePortNumberOrName(action.port, at.child('port')));
  if (!schemes.includes(action.scheme ?? '')) {
    errors.push(field.notSupported(at.child('scheme'), action.scheme ?? '', schemes));
  }
  for (const [, header] of (action.httpHeaders ?? []).entries()) {
    errors.push(...field.invalidEach(at.child('httpHeaders'), header.name, httpHeaderName(header.name)));
  }
  return errors;
}

const validateTcpSocket = (action: TCPSocketAction, at: field.FieldPath) =>
  validatePortNumberOrName(action.port, at.child('port'));

/** Exactly one of the handlers; further ones are refused in this order. */
function validateHandler(handler: LifecycleHandler & Pick<Probe, 'grpc'>, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let found = false;
  const one = (name: string, given: boolean, validate: (where: field.FieldPath) => FieldError[]) => {
    if (!given) return;
    if (found) errors.push(field.forbidden(at.child(name), 'may not specify more than 1 handler type'));
    else errors.push(...validate(at.child(name)));
    found = true;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  one('exec', exec !== undefined, (where) => (exec ? validateExec(exec, where) : []));
  one('httpGet', httpGet !== undefined, (where) => (httpGet ? validateHttpGet(httpGet, where) : []));
  one('tcpSocket', tcpSocket !== undefined, (where) => (tcpSocket ? validateTcpSocket(tcpSocket, where) : []));
  one('grpc', grpc !== undefined, (where) =>
    grpc ? field.invalidEach(where.child('port'), grpc.port, validPortNumber(grpc.port)) : [],
  );
  one('sleep', sleep !== undefined, () => []);
  if (!found) errors.push(field.required(at, 'must specify a handler type'));
  return errors;
}

type Kind = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

export function validateProbe(probe: Probe | undefined, kind: Kind, container: field.FieldPath): FieldError[] {
  if (probe === undefined) return [];
  const at = container.child(kind);
  const errors = validateHandler(probe, at);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    errors.push(...nonNegative(at.child(name), probe[name]));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(field.invalid(at.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0'));
  }
  if (kind === 'readinessProbe' && grace !== undefined) {
    errors.push(field.invalid(at.child('terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes'));
  }
  if (kind !== 'readinessProbe' && probe.successThreshold !== 1) {
    errors.push(field.invalid(at.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
  }
  return errors;
}

export function validateLifecycle(
  lifecycle: Lifecycle | undefined,
  container: field.FieldPath,
  gracePeriod: number | undefined,
): FieldError[] {
  if (lifecycle === undefined) return [];
  const at = container.child('lifecycle');
  const errors: FieldError[] = [];
  for (const name of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[name];
    if (handler === undefined) continue;
    errors.push(...validateHandler(handler, at.child(name)));
    const seconds = handler.sleep?.seconds;
    if (seconds !== undefined && gracePeriod !== undefined && (seconds < 0 || seconds > gracePeriod)) {
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod}). Note terminationGracePeriodSeconds must be greater than 0`;
      errors.push(field.invalid(at.child(name, 'sleep'), seconds, text));
    }
  }
  return errors;
}
