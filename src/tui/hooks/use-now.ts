import { useEffect, useState } from 'react';
import type { Motion } from '../../session/settings.ts';

/** How often the time on the screen is renewed, milliseconds. */
const renewal: Readonly<Record<Motion, number>> = { full: 1_000, reduced: 60_000 };

/** Milliseconds since 1970, renewed every second while `running`; every minute where less is to move. */
export function useNow(running: boolean, motion: Motion = 'full'): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), renewal[motion]);
    return () => clearInterval(timer);
  }, [running, motion]);
  return now;
}
