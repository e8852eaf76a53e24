/**
 * How much a check says: 0 its title and state, 1 what was expected and what is, 2 why, 3 the chain of evidence. Hints
 * stand on the same ladder, beside level 2: they say why in words.
 */
export const coachLevels = [0, 1, 2, 3] as const;
export type CoachLevel = (typeof coachLevels)[number];

/** What each level says, for people. */
export const levelTexts: Readonly<Record<CoachLevel, string>> = {
  0: 'title and state',
  1: 'what is',
  2: 'why',
  3: 'the evidence, step by step',
};

/** How far a check was asked about. `steps`: of the chain, those that are shown. */
export interface Asked {
  level: CoachLevel;
  steps: number;
}
