/** Priority and fairness: what its objects say is kept and checked, requests are not held up by it. */
import { ownValue } from '../../kernel/own.ts';
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
} from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError, StrategyContext } from '../definition.ts';
import * as field from '../registry/field.ts';
import { timestamp } from '../registry/metadata.ts';
import { defineResource } from './define.ts';
import { age, none } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { nonNegative } from './validate/numbers.ts';

const group = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' };
const priorityLevels: Resource<PriorityLevelConfiguration> = {
  ...group,
  resource: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
};

const highestPrecedence = 10_000;
const distinguishers = ['ByNamespace', 'ByUser'];
const subjectKinds = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;

function validateRules(rules: PolicyRulesWithSubjects, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const subjects = rules.subjects ?? [];
  if (subjects.length === 0)
    errors.push(field.required(at.child('subjects'), 'subjects must contain at least one value'));
  for (const [i, subject] of subjects.entries()) {
    const where = at.child('subjects').index(i);
    const key = ownValue(subjectKinds, subject.kind as keyof typeof subjectKinds);
    if (key === undefined)
      errors.push(field.notSupported(where.child('kind'), subject.kind, Object.keys(subjectKinds)));
    else if (!subject[key]) {
      errors.push(field.required(where.child(key), `${key} is required when subject kind is '${subject.kind}'`));
    }
  }
  if ((rules.resourceRules ?? []).length === 0 && (rules.nonResourceRules ?? []).length === 0) {
    errors.push(field.required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  for (const [i, rule] of (rules.resourceRules ?? []).entries()) {
    const where = at.child('resourceRules').index(i);
    for (const key of ['verbs', 'apiGroups', 'resources'] as const) {
      if ((rule[key] ?? []).length === 0) errors.push(field.required(where.child(key)));
    }
    if ((rule.namespaces ?? []).length === 0 && !rule.clusterScope) {
      errors.push(
        field.required(
          where.child('namespaces'),
          'resource rules that are not cluster scoped must supply at least one namespace',
        ),
      );
    }
  }
  for (const [i, rule] of (rules.nonResourceRules ?? []).entries()) {
    const where = at.child('nonResourceRules').index(i);
    for (const key of ['verbs', 'nonResourceURLs'] as const) {
      if ((rule[key] ?? []).length === 0) errors.push(field.required(where.child(key)));
    }
  }
  return errors;
}

function validateSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const at = field.path('spec');
  const precedence = spec?.matchingPrecedence ?? 0;
  const errors: FieldError[] = [];
  if (precedence <= 0)
    errors.push(field.invalid(at.child('matchingPrecedence'), precedence, 'must be a positive value'));
  if (precedence > highestPrecedence) {
    const text = `must not be greater than ${highestPrecedence}`;
    errors.push(field.invalid(at.child('matchingPrecedence'), precedence, text));
  }
  if (precedence === 1 && metadata?.name !== 'exempt') {
    const text = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.push(field.invalid(at.child('matchingPrecedence'), precedence, text));
  }
  const distinguisher = spec?.distinguisherMethod?.type;
  if (distinguisher !== undefined && !distinguishers.includes(distinguisher)) {
    errors.push(field.notSupported(at.child('distinguisherMethod', 'type'), distinguisher, distinguishers));
  }
  const level = spec?.priorityLevelConfiguration?.name ?? '';
  const where = at.child('priorityLevelConfiguration', 'name');
  if (level === '') errors.push(field.required(where, 'must reference a priority level'));
  else errors.push(...field.invalidEach(where, level, dnsSubdomain(level)));
  return [...errors, ...(spec?.rules ?? []).flatMap((rules, i) => validateRules(rules, at.child('rules').index(i)))];
}

/** Whether the priority level of a schema is there. */
function dangling({ spec }: FlowSchema, { clock, read }: StrategyContext) {
  const name = spec?.priorityLevelConfiguration?.name ?? '';
  const found = name !== '' && read(priorityLevels, undefined, name) !== undefined;
  const level = `This FlowSchema references the PriorityLevelConfiguration object named ${field.quote(name)}`;
  return {
    type: 'Dangling',
    status: found ? 'False' : 'True',
    reason: found ? 'Found' : 'NotFound',
    message: found ? `${level} and it exists` : `${level} but there is no such object`,
    lastTransitionTime: timestamp(clock.now()),
  };
}

export const flowSchemaResource = defineResource<FlowSchema>({
  ...group,
  resource: 'flowschemas',
  strategy: {
    defaults({ spec }) {
      if (spec) spec.matchingPrecedence ??= 1000;
    },
    prepareForCreate(schema, context) {
      schema.status = { conditions: [dangling(schema, context)] };
    },
    prepareForUpdate: keepOtherPart,
    validate: (schema, { subresource }) => (subresource === 'status' ? [] : validateSchema(schema)),
  },
  cells: (schema, now) => [
    schema.metadata.name,
    schema.spec?.priorityLevelConfiguration.name || none,
    schema.spec?.matchingPrecedence ?? 0,
    schema.spec?.distinguisherMethod?.type ?? none,
    age(schema.metadata.creationTimestamp, now),
    schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ],
});

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, at: field.FieldPath): FieldError[] {
  const errors = nonNegative(at.child('nominalConcurrencyShares'), limited.nominalConcurrencyShares);
  const { type = '', queuing } = limited.limitResponse ?? {};
  const where = at.child('limitResponse');
  if (type !== 'Queue' && type !== 'Reject') {
    errors.push(field.notSupported(where.child('type'), type, ['Queue', 'Reject']));
  } else if (type === 'Reject' && queuing) {
    const text = 'must be nil if limited.limitResponse.type is not Limited';
    errors.push(field.forbidden(where.child('queuing'), text));
  } else if (type === 'Queue' && !queuing) {
    errors.push(field.required(where.child('queuing'), 'must not be empty if limited.limitResponse.type is Limited'));
  }
  return errors;
}

function validateLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const at = field.path('spec');
  const { type = '', limited, exempt } = spec ?? {};
  const isExempt = metadata?.name === 'exempt';
  const errors: FieldError[] = [];
  if (isExempt !== (type === 'Exempt')) {
    const text = isExempt
      ? "must be 'Exempt' if `name` is 'exempt'"
      : "must be 'Exempt' if and only if `name` is 'exempt'";
    errors.push(field.invalid(at.child('type'), type, text));
  }
  switch (type) {
    case 'Exempt':
      if (limited) errors.push(field.forbidden(at.child('limited'), 'must be nil if the type is not Limited'));
      break;
    case 'Limited':
      if (exempt) errors.push(field.forbidden(at.child('exempt'), 'must be nil if the type is Limited'));
      if (!limited) errors.push(field.required(at.child('limited'), 'must not be empty when type is Limited'));
      else errors.push(...validateLimited(limited, at.child('limited')));
      break;
    default:
      errors.push(field.notSupported(at.child('type'), type, ['Exempt', 'Limited']));
  }
  return errors;
}

export const priorityLevelConfigurationResource = defineResource<PriorityLevelConfiguration>({
  ...priorityLevels,
  strategy: {
    defaults({ spec }) {
      if (spec?.limited) defaultLimited(spec.limited);
      if (spec?.exempt) {
        spec.exempt.nominalConcurrencyShares ??= 0;
        spec.exempt.lendablePercent ??= 0;
      }
    },
    prepareForCreate(level) {
      level.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (level, { subresource }) => (subresource === 'status' ? [] : validateLevel(level)),
  },
  cells: (level, now) => {
    const limited = level.spec?.limited;
    const queuing = limited?.limitResponse?.queuing;
    return [
      level.metadata.name,
      level.spec?.type ?? '',
      limited?.nominalConcurrencyShares ?? none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      age(level.metadata.creationTimestamp, now),
    ];
  },
});
