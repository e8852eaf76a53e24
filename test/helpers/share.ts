/**
 * What `npm test` takes of a suite that it has not the time for: one of `of`, evenly spread. `npm test -- --all` and the
 * scripts that run a suite alone take all of it.
 */
export const share = <T>(all: readonly T[], of: number): T[] => all.filter((_, index) => index % oneOf(of) === 0);

/** As `share`, for what counts by itself: `of` where a part is run, else 1. */
export const oneOf = (of: number): number => (process.env.KUBEDRILL_SUITES === 'part' ? of : 1);
