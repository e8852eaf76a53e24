/** `authorizer.group('apps').resource('deployments').check('create').allowed()`: what a user may do. */
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { Opaque } from '../values.ts';

/** What is asked: a path, or a resource. */
export interface Question {
  verb: string;
  path?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  fieldSelector?: string;
  labelSelector?: string;
  /** Asked for somebody else than the user of the request. */
  serviceAccount?: { namespace: string; name: string };
}

export interface Verdict {
  allowed: boolean;
  reason?: string;
  error?: string;
}

/** The value of the variable `authorizer`. */
export class Authorizer extends Opaque {
  readonly typeName: string;
  readonly decide: (question: Question) => Verdict;
  readonly question: Question;

  constructor(
    decide: (question: Question) => Verdict,
    question: Question = { verb: '' },
    typeName = 'kubernetes.authorization.Authorizer',
  ) {
    super();
    this.decide = decide;
    this.question = question;
    this.typeName = typeName;
  }

  equals(other: Opaque): boolean {
    return other === this;
  }
}

class Decision extends Opaque {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    super();
    this.verdict = verdict;
  }

  equals(other: Opaque): boolean {
    return other === this;
  }
}

/** The question with more in it, as a value of another type. */
function asking({ decide, question }: Authorizer, more: Partial<Question>, type: string): Authorizer {
  return new Authorizer(decide, { ...question, ...more }, `kubernetes.authorization.${type}`);
}

const check = ({ decide, question }: Authorizer, verb: string) => new Decision(decide({ ...question, verb }));
const about = (name: keyof Question) => (one: Authorizer, value: string) =>
  asking(one, { [name]: value }, 'ResourceCheck');

const accountName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const namespaceName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function serviceAccount(one: Authorizer, namespace: string, name: string): Authorizer {
  if (!accountName.test(name) || name.length > 253) return fail('Invalid service account name');
  if (!namespaceName.test(namespace) || namespace.length > 63) return fail('Invalid service account namespace');
  return asking(one, { serviceAccount: { namespace, name } }, 'Authorizer');
}

const given = <T>(text: string, what: string, then: () => T) =>
  text === '' ? fail(`${what} must not be empty`) : then();

export const authorizerLibrary: Definitions = {
  authorizer_path: [
    'Authorizer.path(string) -> PathCheck',
    (one: Authorizer, path: string) => given(path, 'path', () => asking(one, { path }, 'PathCheck')),
  ],
  authorizer_group: [
    'Authorizer.group(string) -> GroupCheck',
    (one: Authorizer, group: string) => asking(one, { group }, 'GroupCheck'),
  ],
  authorizer_serviceaccount: ['Authorizer.serviceAccount(string, string) -> Authorizer', serviceAccount],
  groupcheck_resource: [
    'GroupCheck.resource(string) -> ResourceCheck',
    (one: Authorizer, resource: string) =>
      given(resource, 'resource', () => asking(one, { resource }, 'ResourceCheck')),
  ],
  resourcecheck_subresource: ['ResourceCheck.subresource(string) -> ResourceCheck', about('subresource')],
  resourcecheck_namespace: ['ResourceCheck.namespace(string) -> ResourceCheck', about('namespace')],
  resourcecheck_name: ['ResourceCheck.name(string) -> ResourceCheck', about('name')],
  authorizer_fieldselector: ['ResourceCheck.fieldSelector(string) -> ResourceCheck', about('fieldSelector')],
  authorizer_labelselector: ['ResourceCheck.labelSelector(string) -> ResourceCheck', about('labelSelector')],
  pathcheck_check: ['PathCheck.check(string) -> Decision', check],
  resourcecheck_check: ['ResourceCheck.check(string) -> Decision', check],
  decision_errored: ['Decision.errored() -> bool', ({ verdict }: Decision) => verdict.error !== undefined],
  decision_error: ['Decision.error() -> string', ({ verdict }: Decision) => verdict.error ?? ''],
  decision_allowed: ['Decision.allowed() -> bool', ({ verdict }: Decision) => verdict.allowed],
  decision_reason: ['Decision.reason() -> string', ({ verdict }: Decision) => verdict.reason ?? ''],
};
