import { join } from 'node:path';
import type { Paths } from '../kernel/paths.ts';
import type { CoachLevel } from './coach-level.ts';

/** How the app paints. */
export const themeNames = ['auto', 'light', 'dark', 'high-contrast', 'none'] as const;
export type ThemeName = (typeof themeNames)[number];

/** How much of the screen moves by itself. */
export const motions = ['full', 'reduced'] as const;
export type Motion = (typeof motions)[number];

/** What a user has chosen, once for all: `config.yaml`, and what holds where that says nothing. */
export interface Settings {
  /** What each check of a new attempt says without being asked. */
  coach: CoachLevel;
  theme: ThemeName;
  /** The shell of labs; without one it is that of the environment. */
  shell?: string;
  /** `idle`: minutes after which the clock of an attempt stands. */
  clock: { idle: number };
  /** Keys of the app by what they ask for; those that are not named stay. */
  keys: Readonly<Record<string, string>>;
  motion: Motion;
}

/** What holds where nothing was chosen. */
export const defaultSettings: Settings = {
  coach: 0,
  theme: 'auto',
  clock: { idle: 10 },
  keys: {},
  motion: 'full',
};

/** Where it is kept. */
export function settingsFile({ config }: Pick<Paths, 'config'>): string {
  return join(config, 'config.yaml');
}
