import type { Key } from 'ink';
import { errorText } from '../kernel/errors.ts';
import { groupings } from '../session/scenario-rows.ts';
import type { LabsAccess } from './access.ts';
import type { Command } from './bindings.ts';
import type { LabVerbs } from './lab-verbs.ts';
import { allLabs, isFiltered, type LabsView, nextFilter, orders } from './labs-view.ts';
import { chosenOf, itemFurther } from './pages/index.ts';
import type { Target } from './pages/page.ts';
import { type PageName, pageNames } from './state.ts';
import type { Store } from './store.ts';

/** What keys do on the screens beside the lab. */
export class PageKeys {
  readonly #store: Store;
  readonly #access: LabsAccess;
  readonly #labs: LabVerbs;

  constructor(store: Store, access: LabsAccess, labs: LabVerbs) {
    this.#store = store;
    this.#access = access;
    this.#labs = labs;
  }

  /** What Enter would open. */
  target(): Target | undefined {
    return chosenOf(this.#store.get())?.target;
  }

  move(by: number): void {
    const item = itemFurther(this.#store.get(), by);
    if (item) this.#store.dispatch({ type: 'choose', key: item.key });
  }

  /** A letter of the words that labs are filtered by. */
  type(input: string, key: Key): void {
    if (key.ctrl || key.meta || /\p{Cc}/u.test(input)) return;
    this.#view({ words: this.#store.get().labs.words + input });
  }

  /** Ends the typing, then shows all labs again. */
  back(): void {
    const { labs, page } = this.#store.get();
    if (page !== 'labs' || !isFiltered(labs)) return this.#say('q leaves');
    const { group, sort } = labs;
    this.#store.dispatch({ type: 'view', labs: { ...allLabs, group, sort } });
  }

  run(command: Command, input: string): void {
    const { labs } = this.#store.get();
    switch (command) {
      case 'open':
        return this.#open(this.target());
      case 'page':
        return this.#show(pageNames[Number(input) - 1]);
      case 'filter':
        this.#show('labs');
        return this.#view({ typing: true });
      case 'erase':
        return this.#view({ words: [...labs.words].slice(0, -1).join('') });
      case 'accept':
        return this.#view({ typing: false });
      case 'sort':
        this.#view({ sort: following(orders, labs.sort) });
        return this.#say(`order: ${this.#store.get().labs.sort}`);
      case 'group':
        return this.#view({ group: following(groupings, labs.group) });
      case 'exam':
      case 'difficulty':
        return this.#store.dispatch({ type: 'view', labs: nextFilter(labs, command) });
      case 'unsolved': {
        const { unsolved, ...rest } = labs;
        return this.#store.dispatch({ type: 'view', labs: unsolved ? rest : { ...rest, unsolved: true } });
      }
      case 'again':
        return this.#diagnose();
      default:
        this.#say('this key is for a lab; Enter starts one');
    }
  }

  #open(target: Target | undefined): void {
    if (target?.open !== 'labs') return this.#say('there is nothing to open here');
    const { open: _, ...filter } = target;
    const { group, sort } = this.#store.get().labs;
    this.#store.dispatch({ type: 'view', labs: { ...allLabs, group, sort, ...filter } });
    this.#show('labs');
  }

  #show(page: PageName | undefined): void {
    if (!page) return this.#say(`there are ${pageNames.length} pages`);
    this.#labs.toPage(undefined, page);
    if (page === 'doctor' && !this.#store.get().findings) this.#diagnose();
  }

  #diagnose(): void {
    const { dispatch, get } = this.#store;
    if (get().page !== 'doctor') return this.#say('there is nothing to look at again here');
    dispatch({ type: 'findings', findings: undefined });
    this.#access.diagnose().then(
      (findings) => dispatch({ type: 'findings', findings }),
      (error: unknown) => {
        dispatch({ type: 'findings', findings: [] });
        dispatch({ type: 'overlay', overlay: { kind: 'problem', ...errorText(error), scroll: 0 } });
      },
    );
  }

  #view(change: Partial<LabsView>): void {
    this.#store.dispatch({ type: 'view', labs: { ...this.#store.get().labs, ...change } });
  }

  #say(text: string): void {
    this.#store.dispatch({ type: 'notice', text });
  }
}

/** The one after `now`; after the last comes the first. */
function following<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length] ?? now;
}
