import { defineResource } from './define.ts';

/** POST bindings is pods/<name>/binding with the name in the body; nothing is stored. */
export const bindingResource = defineResource({
  group: '',
  version: 'v1',
  resource: 'bindings',
  review: true,
  strategy: {},
});
