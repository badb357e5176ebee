/**
 * The replication log of a libSQL server, which its replicas follow: gRPC-Web, as its proto file says
 * (https://github.com/tursodatabase/libsql/blob/main/libsql-replication/proto/replication_log.proto). A frame is a page
 * that was written. Its checksum covers the frames before it, too, so one frame stands for the whole history up to it.
 */
import { EngineError } from "../engine.ts";

/** How long the server may take. */
const PATIENCE_MS = 1_200;
const SERVICE = "wal_log.ReplicationLog/";
/** Bytes before a message: a flag, and the length as four bytes. */
const PREFIX = 5;

/** What a server says when it is greeted. */
export interface Greeting {
  /** Id of this run of the server: it changes with each start. */
  readonly generation: string;
  /** Id of the server's log. Each log counts its frames from 1. */
  readonly log: string;
  /** Number of the last frame; 0: there is none. */
  readonly lastFrame: number;
  /** To be shown by calls that mean this run of the server. */
  readonly session: string;
}

/** The replication log of one server. */
export class ReplicationLog {
  readonly #address: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, authToken: string | undefined) {
    const { href, hostname } = new URL(url.replace(/^libsql:/, "https:").replace(/\/?(\?.*)?$/, "/"));
    this.#address = href + SERVICE;
    const namespace = btoa(hostname.split(".")[0]!).replace(/=+$/, "");
    this.#headers = {
      "Content-Type": "application/grpc-web+proto",
      "X-Grpc-Web": "1",
      "X-Namespace-Bin": namespace,
      ...(authToken !== undefined && {
        Authorization: `Bearer ${authToken}`,
        "X-Authorization": `Bearer ${authToken}`,
      }),
    };
  }

  /** Greets the server. Undefined: it knows no such log. Fails with `unavailable` when it does not answer. */
  async greet(): Promise<Greeting | undefined> {
    const message = await this.#call("Hello", 1);
    if (message === undefined) return undefined;
    const fields = new Fields(message);
    return {
      generation: fields.text(1),
      log: fields.text(3),
      session: fields.text(4),
      lastFrame: fields.number(5),
    };
  }

  /** The checksum of a frame, as hexadecimal digits. Undefined: this run of the server has no such frame, or no more. */
  async checksumOf(frame: number, { session }: Greeting): Promise<string | undefined> {
    const message = await this.#call("BatchLogEntries", frame, { "X-Session-Token": session });
    // The first of the frames from that number on: its number, its checksum, then the page.
    const first = message && new Fields(message).message(1);
    const bytes = first && new Fields(first).message(1);
    if (bytes === undefined) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Number(view.getBigUint64(0, true)) === frame ? view.getBigUint64(8, true).toString(16) : undefined;
  }

  /** Calls a method whose argument is one number. Answers the message; undefined: it was refused. */
  async #call(
    method: string,
    argument: number,
    headers: Record<string, string> = {},
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const body = messageOf(argument);
    try {
      const response = await fetch(this.#address + method, {
        method: "POST",
        headers: { ...this.#headers, ...headers },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const bytes = await response.bytes();
      if (response.status >= 500) throw new Error(`HTTP status ${response.status}`);
      const isMessage = response.ok && bytes.length >= PREFIX && bytes[0] === 0;
      return isMessage ? bytes.subarray(PREFIX, PREFIX + lengthOf(bytes)) : undefined;
    } catch (error) {
      throw new EngineError("unavailable", `the primary does not answer: ${error}`, { cause: error });
    }
  }
}

function lengthOf(bytes: Uint8Array<ArrayBuffer>): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}

/** A message whose field 1 is that number, with what stands before a message. */
function messageOf(number: number): Uint8Array<ArrayBuffer> {
  const digits: number[] = [];
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push(rest % 128 + 128);
  digits.push(rest);
  return Uint8Array.of(0, 0, 0, 0, 1 + digits.length, 8, ...digits);
}

/**
 * The fields of a message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/): numbers, and bytes with
 * their length, which is all that the log uses. Of a repeated field it has the first.
 */
class Fields {
  readonly #numbers = new Map<number, number>();
  readonly #bytes = new Map<number, Uint8Array<ArrayBuffer>>();
  #at = 0;

  constructor(readonly encoded: Uint8Array<ArrayBuffer>) {
    while (this.#at < encoded.length) {
      const tag = this.#varint(), field = tag >> 3;
      if ((tag & 7) === 0) {
        this.#numbers.set(field, this.#varint());
        continue;
      }
      const length = this.#varint(), bytes = encoded.subarray(this.#at, this.#at += length);
      if (!this.#bytes.has(field)) this.#bytes.set(field, bytes);
    }
  }

  /** 0 when it is absent. */
  number(field: number): number {
    return this.#numbers.get(field) ?? 0;
  }

  /** Empty when it is absent. */
  text(field: number): string {
    return new TextDecoder().decode(this.#bytes.get(field));
  }

  message(field: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes.get(field);
  }

  #varint(): number {
    let number = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.encoded[this.#at++]!;
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
  }
}
