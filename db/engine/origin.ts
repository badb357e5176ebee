/**
 * Whether the primary still has the history of its copy. A primary that was restored from an older state goes on counting
 * frames from there. A copy that is further would mix frames of both histories. So the copy's last frame is noted in a
 * file beside it, and after each start of the primary that frame must still be the primary's.
 */
import { type Greeting, ReplicationLog } from "./remote/replication_log.ts";

/** How long a greeting is trusted. No server is stopped, restored and started in less. */
const TRUSTED_MS = 200;

/** The copy has frames that its primary lacks, or its last frame is not known. */
export class OtherHistoryError extends Error {
  override readonly name = "OtherHistoryError";
}

/** What the copy got last. */
interface Note {
  readonly log: string;
  readonly frame: number;
  readonly checksum: string;
}

const NOTE_BYTES = 256;
/** Of a copy that has nothing. */
const NOTHING: Note = { log: "", frame: 0, checksum: "" };

/** The primary of the copy at a path. */
export class Origin {
  readonly #log: ReplicationLog;
  readonly #path: string;
  /** Open all the time: a process that serves opens no files. */
  #file: Deno.FsFile | undefined;
  /** Undefined: nothing is known of the copy. */
  #note: Note | undefined;
  #greeting: Greeting | undefined;
  #greetedAt = -Infinity;
  /** Generation of the primary whose history is the copy's. */
  #known: string | undefined;
  /** The last frame of the copy, once this process has followed the primary. */
  #frame: number | undefined;

  /** `path` is that of the copy. */
  constructor(path: string, url: string, authToken?: string) {
    this.#log = new ReplicationLog(url, authToken);
    this.#path = path;
  }

  /** Opens what is noted of the copy; answers whether there is a copy. */
  async open(): Promise<boolean> {
    // Until a checkpoint the log has all of it.
    const isCopy = await hasBytes(this.#path) || await hasBytes(`${this.#path}-wal`);
    const path = `${this.#path}-origin`;
    this.#note = isCopy ? await Deno.readTextFile(path).then(JSON.parse).catch(() => undefined) : NOTHING;
    this.#file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
    return isCopy;
  }

  /**
   * To be called before frames are fetched. Fails with `OtherHistoryError` when the primary has not what the copy got
   * last, with `unavailable` when it does not answer.
   */
  async check(): Promise<void> {
    if (performance.now() - this.#greetedAt < TRUSTED_MS) return;
    const greeting = await this.#log.greet();
    if (greeting !== undefined && greeting.generation !== this.#known) await this.#compare(greeting);
    this.#known = greeting?.generation;
    this.#greeting = greeting;
    this.#greetedAt = performance.now();
  }

  /** Notes that the copy has all up to that frame. */
  async reached(frame: number): Promise<void> {
    this.#frame = frame;
    if (this.#greeting === undefined || frame === this.#note?.frame) return;
    const checksum = await this.#log.checksumOf(frame, this.#greeting);
    if (checksum === undefined) return;
    this.#note = { log: this.#greeting.log, frame, checksum };
    await this.#file?.seek(0, Deno.SeekMode.Start);
    // Always as many bytes, so that none are left of the note before.
    await this.#file?.write(new TextEncoder().encode(JSON.stringify(this.#note).padEnd(NOTE_BYTES)));
  }

  close(): void {
    this.#file?.close();
  }

  async #compare(greeting: Greeting): Promise<void> {
    const note = this.#note, isCurrent = this.#frame === undefined || this.#frame === note?.frame;
    if (note !== undefined && isCurrent && await this.#has(greeting, note)) return;
    throw new OtherHistoryError(
      "the primary was restored from an older state, or has lost its log: that it has what the copy has cannot be shown",
    );
  }

  async #has(greeting: Greeting, { log, frame, checksum }: Note): Promise<boolean> {
    if (frame === 0) return true;
    return log === greeting.log && await this.#log.checksumOf(frame, greeting) === checksum;
  }
}

async function hasBytes(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ size }) => size > 0, () => false);
}
