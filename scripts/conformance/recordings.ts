import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** What a real control plane answered, a compressed file each: the README there says how to read them. */
const packed = join(import.meta.dirname, '../../fixtures/kubernetes/recordings');
const suffix = '.br';

/** The folders of them, with the ending of their files. `controllers.jsonl` is one file beside them. */
const parts = { exchanges: '.jsonl', transcripts: '.yaml' } as const;

/** The text of a recording, such as `exchanges/crd.jsonl`. Throws if there is none of that name. */
export function readRecording(name: string, folder = packed): string {
  return brotliDecompressSync(readFileSync(join(folder, `${name}${suffix}`))).toString('utf8');
}

/** The topics that were recorded of a part, such as `crd`, sorted. */
export function recordedTopics(part: keyof typeof parts): string[] {
  const ending = `${parts[part]}${suffix}`;
  return readdirSync(join(packed, part))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/**
 * Puts the recordings of a folder (exchanges/*.jsonl, transcripts/*.yaml, controllers.jsonl) in the place of those in
 * `to`. Returns the names of those that are new, changed or gone; the others keep their bytes, as another brotli might
 * make others of the same text. Throws if the folder holds no recordings of a part.
 */
export function packRecordings(from: string, to = packed): string[] {
  const names = namesOf(from, '');
  for (const part of [...Object.keys(parts), 'controllers.jsonl']) {
    if (!names.some((name) => name.startsWith(part))) throw new Error(`${from}: there are no ${part}`);
  }
  mkdirSync(to, { recursive: true });
  const before = new Set(namesOf(to, suffix));
  const changed = names.filter((name) => {
    const text = withoutMachine(readFileSync(join(from, name), 'utf8'));
    if (before.has(name) && readRecording(name, to) === text) return false;
    const file = join(to, `${name}${suffix}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, compress(text));
    return true;
  });
  const gone = [...before].filter((name) => !names.includes(name));
  for (const name of gone) rmSync(join(to, `${name}${suffix}`));
  return [...changed, ...gone].sort();
}

/** The names of the recordings in a folder, `ending` being what is added to them there. */
function namesOf(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, file.length - ending.length))
    .filter((name) => /^(exchanges\/[\w-]+\.jsonl|transcripts\/[\w-]+\.yaml|controllers\.jsonl)$/.test(name));
}

/** A kernel's build, as `get nodes -o wide` shows it, is the machine's that was recorded on. */
function withoutMachine(text: string): string {
  return text.replaceAll(/(\d+\.\d+\.\d+)-\S+(?=\s+containerd:\/\/)/g, '$1-amd64');
}

function compress(text: string): Buffer {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  };
  return brotliCompressSync(text, { params });
}
