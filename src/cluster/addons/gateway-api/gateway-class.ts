/** GatewayClass: a kind of Gateways that one controller looks after. */
import {
  about,
  conditions,
  keyedListOf,
  names,
  object,
  pending,
  root,
  rule,
  ruled,
  type Schema,
  text,
  withDefault,
} from '../schema-parts.ts';
import { parametersReference } from './references.ts';

const spec = about(
  'Which controller looks after Gateways of this class, and how.',
  object(
    {
      controllerName: about(
        'Name of the controller: a path below a domain.',
        ruled(names.domainPath, rule('self == oldSelf', 'Value is immutable')),
      ),
      description: about('What the class is for.', text({ maxLength: 64 })),
      parametersRef: about('An object with more settings of the controller.', parametersReference),
    },
    ['controllerName'],
  ),
);

const initial = pending('Accepted');

const status = about(
  'What the controller says of the class.',
  withDefault(
    object({
      conditions: withDefault(conditions, initial),
      supportedFeatures: about('Features of the Gateway API that the controller knows.', {
        ...keyedListOf(object({ name: { type: 'string' } }, ['name']), 'name', 64),
      }),
    }),
    { conditions: initial },
  ),
);

export const gatewayClassSchema: Schema = root('A class of Gateways, all run by one controller.', spec, status);
