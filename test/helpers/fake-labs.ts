import type { Contract, MethodOptions } from '../../src/kernel/rpc-contract.ts';
import { type Labs, labContract } from '../../src/session/contract.ts';

type Answer = (params: unknown, options: MethodOptions<unknown>) => Promise<unknown>;

/** Labs that answer what is given here; what they are asked, tell and answer must be as the contract says. */
export function fakeLabs(given: Partial<Labs>): Labs {
  const answers: Partial<Record<string, Answer>> = given as Record<string, Answer>;
  const contract: Contract = labContract;
  const methods = Object.entries(contract).map(([name, { params, event, result }]) => {
    const method: Answer = async (asked = {}, { onEvent, signal } = {}) => {
      const answer = answers[name];
      if (!answer) throw new Error(`not faked: ${name}`);
      const options = { signal, onEvent: (value: unknown) => onEvent?.(event?.parse(value)) };
      return result.parse(await answer(params.parse(asked), options));
    };
    return [name, method];
  });
  return Object.fromEntries(methods) as Labs;
}
