import type {
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import { quote } from '../errors/field.ts';
import { internalError } from '../errors/status.ts';
import type { Authorizer } from '../rbac/types.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { compileExpression, webhookScope } from '../resources/admission/expressions.ts';
import { isExempt, matchesRequest } from './policy/matching.ts';
import { requestValues } from './policy/values.ts';

const group = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false };

const validating: Resource<ValidatingWebhookConfiguration> = {
  ...group,
  resource: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
};
const mutating: Resource<MutatingWebhookConfiguration> = {
  ...group,
  resource: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
};

/** What one condition may cost. */
const costLimit = 1_000_000;

/** Whether the conditions want the webhook called; one that fails to evaluate does. */
function conditionsHold(webhook: ValidatingWebhook, attributes: AdmissionAttributes, authorizer: Authorizer): boolean {
  const conditions = webhook.matchConditions ?? [];
  if (conditions.length === 0) return true;
  const values = requestValues(attributes, authorizer);
  return conditions.every(({ expression }) => {
    const compiled = compileExpression(expression, webhookScope);
    if ('problem' in compiled) return true;
    const outcome = compiled.program.run(values, costLimit);
    return 'error' in outcome || outcome.value !== false;
  });
}

/**
 * Webhooks are servers outside of the API server, which this simulation does not call: requests that one of them would
 * have to see fail as if it did not answer, unless its failurePolicy ignores that.
 */
function refuseUncalled(
  webhooks: readonly ValidatingWebhook[],
  attributes: AdmissionAttributes,
  authorizer: Authorizer,
): void {
  for (const webhook of webhooks) {
    if (webhook.failurePolicy === 'Ignore') continue;
    // Without rules a webhook sees nothing.
    if ((webhook.rules ?? []).length === 0) continue;
    if (!matchesRequest({ ...webhook, resourceRules: webhook.rules }, attributes)) continue;
    if (!conditionsHold(webhook, attributes, authorizer)) continue;
    throw internalError(
      `failed calling webhook ${quote(webhook.name)}: failed to call webhook: calling webhooks is not simulated by this cluster`,
    );
  }
}

export const mutatingAdmissionWebhook = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'MutatingAdmissionWebhook',
  mutate(attributes) {
    if (isExempt(attributes)) return;
    for (const { webhooks } of attributes.listAll(mutating)) refuseUncalled(webhooks ?? [], attributes, authorizer);
  },
});

export const validatingAdmissionWebhook = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'ValidatingAdmissionWebhook',
  validate(attributes) {
    if (isExempt(attributes)) return;
    for (const { webhooks } of attributes.listAll(validating)) refuseUncalled(webhooks ?? [], attributes, authorizer);
  },
});
