/** Pages that many look at: rendered once for all who have the same rights. */
import { raw } from "hono/html";
import { LRUCache } from "lru-cache";
import type { Answer } from "../../dashboard/view.tsx";

const MOST_BODIES = 200;
/** How old a page may be. It is read again more rarely than that. */
const TTL_MS = 1_000;

/** Bodies of pages, each good for a second. Whoever asks while one is made waits for it. */
export class SharedBodies {
  readonly #bodies = new LRUCache<string, Promise<Answer>>({ max: MOST_BODIES, ttl: TTL_MS });

  /** The answer of `show`, or that of a moment ago for the same `key`. What `show` refuses is not kept. */
  of(key: string, show: () => Answer | Promise<Answer>): Promise<Answer> {
    const known = this.#bodies.get(key);
    if (known !== undefined) return known;
    const made = rendered(show);
    this.#bodies.set(key, made);
    made.catch(() => this.#bodies.delete(key));
    return made;
  }
}

async function rendered(show: () => Answer | Promise<Answer>): Promise<Answer> {
  const shown = await show();
  return typeof shown === "string" || shown instanceof Response
    ? shown
    : { ...shown, body: raw(String(shown.body)) };
}
