import type { Process } from '../kernel/process.ts';

/** The release of the program that the image is for: what its tag means. */
export const imageVersion = (p: Process): string => p.container.image.version;

/** What a tool of the image says that it is: the image's own, else what its system comes with. */
export function toolVersion(p: Process, tool: string): string {
  const { versions, system } = p.container.image;
  return versions?.[tool] ?? system.versions[tool] ?? '';
}
