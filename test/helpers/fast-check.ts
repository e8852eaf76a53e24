/**
 * fast-check as all tests take it: always with the same values, so that a run can be repeated, and what went wrong is reported.
 * `npm run fuzz` has others each time.
 */
import fc from 'fast-check';

fc.configureGlobal({ includeErrorInReport: true, ...(process.env.KUBEDRILL_FUZZ === undefined && { seed: 1 }) });

export default fc;
