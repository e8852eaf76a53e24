import { join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import type { Paths } from '../kernel/paths.ts';
import { attemptsFolder } from './attempt-logs.ts';
import { quote, type ShellName } from './dialects.ts';
import type { AttemptState } from './types.ts';

/** The file that the prompts of an attempt's shells read: a prompt may cost no program's start. */
export function statusFile(paths: Paths, attempt: string): string {
  return join(attemptsFolder(paths), attempt, 'shell', 'status');
}

/** Keeps that file: score, maximum, seconds worked, and since when (seconds since 1970) they grow; 0: they stand. */
export class PromptStatus {
  readonly #paths: Paths;
  #written = '';
  #writing = Promise.resolve();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** Writes it if it would be another one; a prompt without it only says less. */
  show({ id, score, max, worked, running, phase }: AttemptState, now = Date.now()): Promise<void> {
    // By when it began: it is the same as long as the clock just goes on.
    const began = Math.round((now - worked) / 1000);
    const text =
      phase === 'active' ? `${score} ${max} ${running ? `0 ${began}` : `${Math.floor(worked / 1000)} 0`}\n` : '';
    const key = `${id} ${text}`;
    if (text === '' || key === this.#written) return this.#writing;
    this.#written = key;
    this.#writing = this.#writing.then(() => this.#write(statusFile(this.#paths, id), text));
    return this.#writing;
  }

  async #write(file: string, text: string): Promise<void> {
    try {
      await replaceFile(file, text);
    } catch {
      // On a full disk prompts say less; everything else says so.
    }
  }
}

/** What a shell says before each command: a lab's name, score and time before the user's own prompt, or a host's prompt. */
export type Prompt = { label: string; status: string } | { host: string };

/** Lines of a shell's start-up file that set its prompt. */
export function promptLines(shell: ShellName, prompt: Prompt): string[] {
  if ('host' in prompt) return [hostPrompts[shell](prompt.host)];
  const { label, status } = prompt;
  const quoted = shell === 'powershell' ? `'${status.replaceAll("'", "''")}'` : quote(status);
  return writers[shell](label, quoted).trim().split('\n');
}

/** `candidate@ckad1234:~$ `: a host's, instead of the user's own. */
const hostPrompts: Record<ShellName, (host: string) => string> = {
  bash: (host) => `PS1='${host}:\\w$ '`,
  zsh: (host) => `PROMPT='${host}:%~$ '`,
  fish: (host) => `function fish_prompt; echo -n '${host}:'(prompt_pwd)'$ '; end`,
  powershell: (host) => `function prompt { '${host}:' + (Get-Location) + '> ' }`,
  sh: (host) => `PS1='${host}$ '`,
};

const writers: Record<ShellName, (label: string, file: string) => string> = {
  // Prompts of others may be made anew for each command: after them.
  bash: (label, file) => `
__kubedrill_prompt() {
  local code=$? score max worked since now
  __kubedrill_status=
  if { read -r score max worked since < ${file}; } 2>/dev/null; then
    if [ "$since" -gt 0 ]; then
      printf -v now '%(%s)T' -1 2>/dev/null || now=$(date +%s)
      worked=$((worked + now - since))
    fi
    printf -v __kubedrill_status '%s/%s %02d:%02d ' "$score" "$max" $((worked / 60)) $((worked % 60))
  fi
  case $PS1 in *__kubedrill_status*) ;; *) PS1="(${label}) \\\${__kubedrill_status}\${PS1:-\\$ }" ;; esac
  return $code
}
PROMPT_COMMAND="\${PROMPT_COMMAND:+\${PROMPT_COMMAND%;};}__kubedrill_prompt"
`,
  zsh: (label, file) => `
zmodload zsh/datetime
__kubedrill_prompt() {
  local score max worked since
  psvar[9]=
  { read -r score max worked since < ${file} } 2>/dev/null || return 0
  (( since )) && (( worked += EPOCHSECONDS - since ))
  psvar[9]="$score/$max \${(l:2::0:)$(( worked / 60 ))}:\${(l:2::0:)$(( worked % 60 ))} "
  [[ $PROMPT == *%9v* ]] || PROMPT="(${label}) %9v$PROMPT"
}
typeset -ga precmd_functions
precmd_functions+=(__kubedrill_prompt)
PROMPT="(${label}) %9v$PROMPT"
`,
  // It has no clock of its own: date is all that it starts.
  fish: (label, file) => `
functions -q fish_prompt; and functions -c fish_prompt __kubedrill_own_prompt; or function __kubedrill_own_prompt; echo '> '; end
function __kubedrill_code; return $argv[1]; end
function fish_prompt
  set -l code $status
  set -l score; set -l max; set -l worked; set -l since
  test -r ${file}; and read score max worked since < ${file}
  printf '(${label}) '
  if test -n "$since"
    test $since -gt 0; and set worked (math $worked + (date +%s) - $since)
    printf '%s/%s %02d:%02d ' $score $max (math "floor($worked / 60)") (math $worked % 60)
  end
  __kubedrill_code $code
  __kubedrill_own_prompt
end
`,
  powershell: (label, file) => `
function prompt {
  $status = ''
  try {
    $score, $max, $worked, $since = ([IO.File]::ReadAllText(${file})).Trim() -split ' '
    $seconds = [long]$worked
    if ([long]$since -gt 0) { $seconds += [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() - [long]$since }
    $status = '{0}/{1} {2:00}:{3:00} ' -f $score, $max, [Math]::Floor($seconds / 60), ($seconds % 60)
  } catch { }
  "(${label}) $($status)PS $(Get-Location)> "
}
`,
  sh: (label, file) => `
__kubedrill_prompt() {
  { read -r score max worked since < ${file}; } 2>/dev/null || return 0
  [ "$since" -gt 0 ] && worked=$((worked + $(date +%s) - since))
  printf '%s/%s %02d:%02d ' "$score" "$max" $((worked / 60)) $((worked % 60))
}
PS1='(${label}) $(__kubedrill_prompt)$ '
`,
};
