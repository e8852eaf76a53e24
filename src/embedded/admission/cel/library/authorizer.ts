import type { Environment } from '@marcbachmann/cel-js';

/** What a check asks, as far as it has been said. */
export interface Question {
  path?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  serviceAccount?: { namespace: string; name: string };
}

export interface Answer {
  allowed: boolean;
  reason: string;
  error?: string;
}

type Ask = (question: Question, verb: string) => Answer;

/** `authorizer`: whoever makes the request, and what they may do. */
export class AuthorizerValue {
  readonly ask: Ask;
  readonly question: Question;

  constructor(ask: Ask, question: Question = {}) {
    this.ask = ask;
    this.question = question;
  }
}

class PathCheck extends AuthorizerValue {}
class GroupCheck extends AuthorizerValue {}
class ResourceCheck extends AuthorizerValue {}

class DecisionValue {
  readonly answer: Answer;

  constructor(answer: Answer) {
    this.answer = answer;
  }
}

const library = 'kubernetes.authorization';

/** `authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()`. */
export function registerAuthorizer(environment: Environment): void {
  const [authorizer, path, group, resource, decision] = [
    'Authorizer',
    'PathCheck',
    'GroupCheck',
    'ResourceCheck',
    'Decision',
  ].map((name) => `${library}.${name}`);
  const narrowed = (value: AuthorizerValue, more: Question) =>
    new ResourceCheck(value.ask, { ...value.question, ...more });
  const check = (value: AuthorizerValue, verb: string) => new DecisionValue(value.ask(value.question, verb));
  environment
    .registerType(`${authorizer}`, AuthorizerValue)
    .registerType(`${path}`, PathCheck)
    .registerType(`${group}`, GroupCheck)
    .registerType(`${resource}`, ResourceCheck)
    .registerType(`${decision}`, DecisionValue)
    .registerFunction(
      `${authorizer}.path(string): ${path}`,
      (value: AuthorizerValue, text: string) => new PathCheck(value.ask, { ...value.question, path: text }),
    )
    .registerFunction(
      `${authorizer}.group(string): ${group}`,
      (value: AuthorizerValue, name: string) => new GroupCheck(value.ask, { ...value.question, group: name }),
    )
    .registerFunction(
      `${authorizer}.serviceAccount(string, string): ${authorizer}`,
      (value: AuthorizerValue, namespace: string, name: string) =>
        new AuthorizerValue(value.ask, { ...value.question, serviceAccount: { namespace, name } }),
    )
    .registerFunction(`${group}.resource(string): ${resource}`, (value: AuthorizerValue, name: string) =>
      narrowed(value, { resource: name }),
    )
    .registerFunction(`${resource}.subresource(string): ${resource}`, (value: AuthorizerValue, name: string) =>
      narrowed(value, { subresource: name }),
    )
    .registerFunction(`${resource}.namespace(string): ${resource}`, (value: AuthorizerValue, namespace: string) =>
      narrowed(value, { namespace }),
    )
    .registerFunction(`${resource}.name(string): ${resource}`, (value: AuthorizerValue, name: string) =>
      narrowed(value, { name }),
    )
    .registerFunction(`${path}.check(string): ${decision}`, check)
    .registerFunction(`${resource}.check(string): ${decision}`, check)
    .registerFunction(`${decision}.allowed(): bool`, ({ answer }: DecisionValue) => answer.allowed)
    .registerFunction(`${decision}.reason(): string`, ({ answer }: DecisionValue) => answer.reason)
    .registerFunction(`${decision}.errored(): bool`, ({ answer }: DecisionValue) => answer.error !== undefined)
    .registerFunction(`${decision}.error(): string`, ({ answer }: DecisionValue) => answer.error ?? '');
}
