/** Takes a line of the kubelet's log: where in its source it comes from, what it says, and of what. */
export type KubeletLog = (
  severity: 'I' | 'W' | 'E',
  where: string,
  message: string,
  values?: Record<string, string | string[]>,
) => void;
