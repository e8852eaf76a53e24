import type { Clock } from '../../../kernel/clock.ts';
import type { CreateHandler } from '../../registry/types.ts';
import { bindingHandler } from './binding.ts';
import { evictionHandler } from './eviction.ts';

/** What POST does on resources and subresources that store nothing themselves, by `group/resource[/subresource]`. */
export function resourceHandlers(clock: Clock): Readonly<Record<string, CreateHandler>> {
  const binding = bindingHandler(clock);
  return { '/pods/binding': binding, '/bindings': binding, '/pods/eviction': evictionHandler(clock) };
}
