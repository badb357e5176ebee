/** A write after idleness: its commit checks the keys, which saves the round trip of reading them first. */
import { RunnelError } from "../errors.ts";

/** What a check needs of the keys; `ApiKeys` says more of each. */
export interface CheckedKeys {
  readonly mark: string | undefined;
  readonly clock: () => number;
  confirm(mark: string, at: number): void;
  readAnew(): Promise<void>;
}

/** The check of one request, which the keys as they were read last, however long ago, let in. */
export class KeyCheck {
  readonly #keys: CheckedKeys;
  readonly #admit: () => void;
  readonly #mark: string;
  readonly #began: number;
  #isDone = false;

  private constructor(keys: CheckedKeys, mark: string, admit: () => void) {
    this.#keys = keys;
    this.#mark = mark;
    this.#admit = admit;
    this.#began = keys.clock();
  }

  /**
   * `admit` throws a `RunnelError` when the keys that are known refuse the request. Undefined: they do, or there are none
   * to go by, so that they must be read first.
   */
  static begin(keys: CheckedKeys, admit: () => void): KeyCheck | undefined {
    const { mark } = keys;
    if (mark === undefined) return undefined;
    try {
      admit();
    } catch (error) {
      if (error instanceof RunnelError) return undefined;
      throw error;
    }
    return new KeyCheck(keys, mark, admit);
  }

  /** Whether the database was asked, and the request is let in. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The mark that the keys must have for something to be stored; undefined: they were read since. */
  get mark(): string | undefined {
    return this.#isDone ? undefined : this.#mark;
  }

  /** Notes that the keys had the mark. */
  held(): void {
    if (this.#isDone) return;
    this.#keys.confirm(this.#mark, this.#began);
    this.#isDone = true;
  }

  /** Reads the keys. A request that they refuse: `unauthorized` or `forbidden`. */
  async again(): Promise<void> {
    await this.#keys.readAnew();
    this.#admit();
    this.#isDone = true;
  }
}
