/** The threads that read a database file: one for short reads, a few for those that may take long. */
import { setImmediate } from "node:timers";
import { EngineError, type Result, type Statement } from "./engine.ts";
import { WorkerConnection } from "./connection.ts";

/** Scans run beside the short reads and the writer, so they get the cores that are left; at most so many threads. */
const MOST_SCANNERS = 4;

/** How a file is read. */
export interface ReaderOptions {
  /** The most threads for scans. */
  readonly scanners?: number;
  /** Rejects where the path leads to another file than it did. */
  readonly check?: () => Promise<void>;
}

/** The readers of one file. A short read waits for short reads alone, however long the scans take. */
export class Readers {
  readonly #path: string;
  readonly #short: WorkerConnection;
  /** Opened when they are needed: a thread costs memory, and most processes scan little. */
  readonly #scanners: Scanner[] = [];
  readonly #most: number;
  readonly #check: () => Promise<void>;
  #isClosed = false;

  private constructor(path: string, short: WorkerConnection, { scanners, check }: Required<ReaderOptions>) {
    this.#path = path;
    this.#short = short;
    this.#most = scanners;
    this.#check = check;
  }

  /** Opens the thread of short reads. */
  static async open(path: string, options: ReaderOptions = {}): Promise<Readers> {
    return new Readers(path, await WorkerConnection.open({ path, role: "reader" }), {
      scanners: scannersFor(navigator.hardwareConcurrency),
      check: () => Promise.resolve(),
      ...options,
    });
  }

  /** Runs statements that are short, after those that were asked before. */
  read(statements: readonly Statement[]): Promise<Result[]> {
    return this.#short.run(statements);
  }

  /** Runs statements that may take long, in the thread with the fewest before them. */
  async scan(statements: readonly Statement[]): Promise<Result[]> {
    // The thread that a scan would open now, nobody would end.
    if (this.#isClosed) throw new EngineError("unavailable", "the database is closed");
    return await this.#leastBusy().run(statements);
  }

  /** Waits for what runs, then closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#short.close();
    await Promise.all(this.#scanners.map((scanner) => scanner.close()));
  }

  #leastBusy(): Scanner {
    const idle = this.#scanners.find(({ busy }) => busy === 0);
    if (idle !== undefined) return idle;
    if (this.#scanners.length < this.#most) return this.#openScanner();
    return this.#scanners.reduce((least, other) => other.busy < least.busy ? other : least);
  }

  /** Opens a thread. Where the path leads to nothing it would make a file, and where to another file answer from that. */
  async #openThere(): Promise<WorkerConnection> {
    await this.#check();
    const connection = await WorkerConnection.open({ path: this.#path, role: "reader" });
    await this.#check().catch((error) => {
      connection.terminate();
      throw error;
    });
    return connection;
  }

  #openScanner(): Scanner {
    const opening = this.#openThere(), scanner = new Scanner(opening);
    this.#scanners.push(scanner);
    // Who waits for it is told; the next scan tries again.
    opening.catch(() => this.#scanners.splice(this.#scanners.indexOf(scanner), 1));
    return scanner;
  }
}

interface Asked {
  readonly statements: readonly Statement[];
  readonly resolve: (results: Promise<Result[]>) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread for scans. To wake it costs more than many a scan, so it is sent all scans of a turn at once. */
class Scanner {
  readonly #connection: Promise<WorkerConnection>;
  /** The scans of this turn. */
  #asked: Asked[] = [];
  /** Scans that it was given and has not answered. */
  busy = 0;

  constructor(connection: Promise<WorkerConnection>) {
    this.#connection = connection;
  }

  /** Runs statements after those that were asked before. */
  async run(statements: readonly Statement[]): Promise<Result[]> {
    this.busy++;
    try {
      return await new Promise<Result[]>((resolve, reject) => {
        this.#asked.push({ statements, resolve, reject });
        if (this.#asked.length === 1) setImmediate(() => this.#send());
      });
    } finally {
      this.busy--;
    }
  }

  /** Waits for what runs, then closes. A thread that could not be opened has nothing to close. */
  async close(): Promise<void> {
    await this.#connection.then((connection) => connection.close(), () => {});
  }

  async #send(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const answers = (await this.#connection).runEach(asked.map(({ statements }) => statements));
      asked.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

/** Threads for scans in a machine with so many cores. */
function scannersFor(cores: number): number {
  return Math.max(1, Math.min(MOST_SCANNERS, cores - 1));
}
