/** Bodies on their way into series: how many bytes of them may be there at once, and what frames they are. */
import { RunnelError } from "../errors.ts";
import { type ParsedBody, Parser, type ParseRequest, WORTH_A_THREAD } from "./formats/parser.ts";
import type { DataFrame } from "./frame/frame.ts";
import type { SaveMode } from "./storage/rewrite.ts";
import type { Precondition } from "./storage/save.ts";

/** Bytes of bodies that may be on their way into series; a single larger one comes alone. */
const MAX_INCOMING = 512 << 20;

/** A frame on its way in. */
export interface FrameBody extends Pick<ParseRequest, "format" | "options"> {
  /** Bytes that it says it has; 0: it does not say. */
  readonly declared: number;
  read(): Promise<ParseRequest["bytes"]>;
  readonly mode: SaveMode;
  /** What the series must be for this. */
  readonly precondition?: Precondition | undefined;
}

/** The bodies that are being saved. */
export class FrameBodies {
  readonly #parser = new Parser();
  #incoming = 0;

  /**
   * Reads and parses a body, and hands its frame to `save`. A large one is packed beside the columns that the series has,
   * unless `columnNames` says undefined. Too many bytes are under way: `overloaded`, before the body is
   * read where it says how long it is, else once it is here. Not such a frame: `invalid-request`.
   */
  async receive(
    { declared, read, format, options }: FrameBody,
    columnNames: () => Promise<readonly string[] | undefined>,
    save: (body: ParsedBody) => Promise<void>,
  ): Promise<void> {
    await this.#admit(declared, async () => {
      const bytes = await read();
      await this.#admit(declared > 0 ? 0 : bytes.length, async () => {
        const packFor = bytes.length < WORTH_A_THREAD ? undefined : await columnNames();
        const request = { bytes, format, options: { ...options, duplicates: "keep" as const }, packFor };
        await save(await this.#parser.parse(request));
      });
    });
  }

  /** Reads a body. Throws RunnelError for whatever is not such a frame. */
  async parse(request: ParseRequest): Promise<DataFrame> {
    return (await this.#parser.parse(request)).frame;
  }

  /** Ends what runs in threads. */
  close(): void {
    this.#parser.close();
  }

  /** Does the work of saving so many bytes. Too many are under way: `overloaded`. */
  async #admit<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#incoming > 0 && this.#incoming + bytes > MAX_INCOMING) {
      throw new RunnelError("overloaded", "more data frames are being saved than memory can hold: try again");
    }
    this.#incoming += bytes;
    try {
      return await work();
    } finally {
      this.#incoming -= bytes;
    }
  }
}
