import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from '../../kube/api.gen.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { webhookScope } from './admission/expressions.ts';
import {
  defaultRules,
  failurePolicies,
  matchPolicies,
  validateMatchConditions,
  validateRule,
} from './admission/match-resources.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { validateLabelSelector } from './validate/label-selector.ts';

type Webhook = ValidatingWebhook | MutatingWebhook;

const sideEffects = ['None', 'NoneOnDryRun'];
function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  defaultRules(webhook.rules);
}

function validateUrl(text: string, at: field.FieldPath): FieldError[] {
  const form = '; desired format: https://host[/path]';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [field.required(at, `url must be a valid URL: parse ${field.quote(text)}: invalid URI for request${form}`)];
  }
  const errors: FieldError[] = [];
  if (url.protocol !== 'https:') {
    errors.push(field.invalid(at, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${form}`));
  }
  if (url.host === '') errors.push(field.invalid(at, url.host, `host must be specified${form}`));
  if (url.username !== '') errors.push(field.invalid(at, url.username, 'user information is not permitted in the URL'));
  if (url.hash !== '') errors.push(field.invalid(at, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search !== '')
    errors.push(field.invalid(at, url.search.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function validateClient(client: WebhookClientConfig | undefined, at: field.FieldPath): FieldError[] {
  const { url, service } = client ?? {};
  if ((url === undefined) === (service === undefined))
    return [field.required(at, 'exactly one of url or service is required')];
  if (url !== undefined) return validateUrl(url, at.child('url'));
  const where = at.child('service');
  const errors: FieldError[] = [];
  if (!service?.name) errors.push(field.required(where.child('name'), 'service name is required'));
  if (!service?.namespace) errors.push(field.required(where.child('namespace'), 'service namespace is required'));
  const port = service?.port ?? 443;
  if (port < 1 || port > 65_535) {
    errors.push(field.invalid(where.child('port'), port, 'port is not valid: must be between 1 and 65535, inclusive'));
  }
  if (service?.path !== undefined && !service.path.startsWith('/')) {
    errors.push(field.invalid(where.child('path'), service.path, "must start with a '/'"));
  }
  return errors;
}

const oneOf = (value: string | undefined, known: readonly string[], where: field.FieldPath) =>
  value !== undefined && !known.includes(value) ? [field.notSupported(where, value, known)] : [];

function validateWebhook(webhook: Webhook, at: field.FieldPath): FieldError[] {
  const name = webhook.name ?? '';
  const where = at.child('name');
  const errors = field.invalidEach(where, name, dnsSubdomain(name));
  if (errors.length === 0 && name.split('.').length < 3) {
    errors.push(field.invalid(where, name, 'should be a domain with at least three segments separated by dots'));
  }
  errors.push(...(webhook.rules ?? []).flatMap((rule, i) => validateRule(rule, at.child('rules').index(i))));
  errors.push(...oneOf(webhook.failurePolicy, failurePolicies, at.child('failurePolicy')));
  errors.push(...oneOf(webhook.matchPolicy, matchPolicies, at.child('matchPolicy')));
  if (webhook.sideEffects === undefined) {
    const text = `must specify one of ${sideEffects.join(', ')}`;
    errors.push(field.required(at.child('sideEffects'), text));
  } else errors.push(...oneOf(webhook.sideEffects, sideEffects, at.child('sideEffects')));
  const seconds = webhook.timeoutSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > 30)) {
    const text = 'the timeout value must be between 1 and 30 seconds';
    errors.push(field.invalid(at.child('timeoutSeconds'), seconds, text));
  }
  for (const key of ['namespaceSelector', 'objectSelector'] as const) {
    errors.push(...validateLabelSelector(webhook[key], at.child(key)));
  }
  errors.push(...validateClient(webhook.clientConfig, at.child('clientConfig')));
  errors.push(...validateMatchConditions(webhook.matchConditions, webhookScope, at.child('matchConditions')));
  const versions = webhook.admissionReviewVersions ?? [];
  const versionsAt = at.child('admissionReviewVersions');
  if (versions.length === 0) errors.push(field.required(versionsAt, 'must specify one of v1, v1beta1'));
  else if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    errors.push(field.invalid(versionsAt, versions, 'must include at least one of v1, v1beta1'));
  }
  return errors;
}

function validateAll(webhooks: readonly Webhook[] | undefined): FieldError[] {
  const at = field.path('webhooks');
  const names = new Set<string>();
  return (webhooks ?? []).flatMap((webhook, i) => {
    const errors = validateWebhook(webhook, at.index(i));
    if (names.has(webhook.name)) errors.push(field.duplicate(at.index(i).child('name'), webhook.name));
    names.add(webhook.name);
    return errors;
  });
}

const group = { group: 'admissionregistration.k8s.io', version: 'v1' };

export const validatingWebhookConfigurationResource = defineResource<ValidatingWebhookConfiguration>({
  ...group,
  resource: 'validatingwebhookconfigurations',
  strategy: {
    generation: true,
    defaults(configuration) {
      for (const webhook of configuration.webhooks ?? []) defaultWebhook(webhook);
    },
    validate: (configuration) => validateAll(configuration.webhooks),
  },
  cells: ({ metadata, webhooks }, now) => [
    metadata.name,
    (webhooks ?? []).length,
    age(metadata.creationTimestamp, now),
  ],
});

export const mutatingWebhookConfigurationResource = defineResource<MutatingWebhookConfiguration>({
  ...group,
  resource: 'mutatingwebhookconfigurations',
  strategy: {
    generation: true,
    defaults(configuration) {
      for (const webhook of configuration.webhooks ?? []) {
        defaultWebhook(webhook);
        webhook.reinvocationPolicy ??= 'Never';
      }
    },
    validate: (configuration) => validateAll(configuration.webhooks),
  },
  cells: ({ metadata, webhooks }, now) => [
    metadata.name,
    (webhooks ?? []).length,
    age(metadata.creationTimestamp, now),
  ],
});
