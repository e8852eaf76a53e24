import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

/** What only the bundle can get wrong: the unit tests of the same run on it in `npm test`, this is the way a learner goes. */
describe('programs in a Pod of the built program', () => {
  let user: Sandbox;
  let kubectl: Kubectl;
  beforeAll(async () => {
    user = await Sandbox.create();
    const { kubeconfig } = await user.json<Started>(['cluster', 'up', '--name', 'shipped']);
    kubectl = new Kubectl(user, kubeconfig);
    await kubectl.run(['run', 'box', '--image=nicolaka/netshoot:v0.13', '--', 'sleep', '1d']);
    await kubectl.run(['wait', '--for=condition=Ready', 'pod/box', '--timeout=60s']);
  });
  afterAll(() => user.dispose());

  it.each([
    ['empty', ''],
    ['if false then 1 else empty end', ''],
    ['[1, empty, 2]', '[1,2]\n'],
    ['{"a": 1, "b": 2} | .a |= empty', '{"b":2}\n'],
    ['[range(5)] | map(if . % 2 == 0 then empty else . end)', '[1,3]\n'],
    ['first(empty) // "nothing"', '"nothing"\n'],
  ])('jq -nc %j', async (filter, printed) => {
    expect(await kubectl.try(['exec', 'box', '--', 'jq', '-nc', filter])).toMatchObject({ code: 0, stdout: printed });
  });
});
