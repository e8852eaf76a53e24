/** kubectl 1.29 and newer understand what we need (discovery v2, protobuf fallback); 1.36 is the newest that was tried. */
export const oldestMinor = 29;

export interface KubectlVersion {
  file: string;
  /** `v1.35.4` */
  version: string;
  minor: number;
}

/** Asks a kubectl for its version; undefined if it is none or doesn't run. */
export async function kubectlVersion(file: string): Promise<KubectlVersion | undefined> {
  // Loaded late: it takes longer than all that most commands do.
  const { execa } = await import('execa');
  const result = await execa(file, ['version', '--client', '-o', 'json'], {
    reject: false,
    timeout: 10_000,
    stdin: 'ignore',
  });
  try {
    const { clientVersion } = JSON.parse(result.stdout) as {
      clientVersion: { gitVersion: string; major: string; minor: string };
    };
    const minor = Number.parseInt(clientVersion.minor, 10);
    return clientVersion.major === '1' && Number.isInteger(minor)
      ? { file, version: clientVersion.gitVersion, minor }
      : undefined;
  } catch {
    return undefined;
  }
}
