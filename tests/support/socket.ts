/** HTTP by hand over TCP, for what `fetch` refuses to send. */

/** An answer as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The content, each byte one character. */
  readonly body: string;
}

/** A connection whose bytes the test writes itself. `using` closes it. */
export class RawConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  #received = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to where a process listens. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new RawConnection(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Writes a text, each character one byte, or bytes. False when the other side has closed. */
  async send(data: string | Uint8Array): Promise<boolean> {
    let rest = typeof data === "string" ? bytesOf(data) : data;
    try {
      while (rest.byteLength > 0) rest = rest.subarray(await this.#connection.write(rest));
      return true;
    } catch {
      return false;
    }
  }

  /** Says that nothing more comes, and goes on reading. */
  async endSending(): Promise<void> {
    await this.#connection.closeWrite().catch(() => {});
  }

  /** The next answer; undefined when the connection ends before it. `headOnly`: it has no content, as after HEAD. */
  async response(headOnly = false): Promise<RawResponse | undefined> {
    const head = await this.until("\r\n\r\n");
    if (head === undefined) return undefined;
    const [statusLine, ...lines] = head.split("\r\n");
    const headers = new Headers(
      lines.filter(Boolean).map((line): [string, string] => [
        line.slice(0, line.indexOf(":")),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
    );
    const status = Number(statusLine!.split(" ")[1]);
    const isEmpty = headOnly || status < 200 || status === 204 || status === 304;
    return { status, headers, body: isEmpty ? "" : await this.#body(headers) };
  }

  /** What comes up to and including the mark, or undefined when the connection ends before it. */
  async until(mark: string): Promise<string | undefined> {
    while (!this.#received.includes(mark)) if (!await this.#receive()) return undefined;
    return await this.#take(this.#received.indexOf(mark) + mark.length);
  }

  /** Everything until the other side closes, or resets, the connection. */
  async rest(): Promise<string> {
    while (await this.#receive());
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #body(headers: Headers): Promise<string> {
    if (headers.get("transfer-encoding") !== "chunked") {
      return await this.#take(Number(headers.get("content-length") ?? 0));
    }
    let body = "";
    while (true) {
      const size = parseInt(await this.until("\r\n") ?? "0", 16);
      body += (await this.#take(size + 2)).slice(0, size);
      if (size === 0) return body;
    }
  }

  async #take(length: number): Promise<string> {
    while (this.#received.length < length && await this.#receive());
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  async #receive(): Promise<boolean> {
    const buffer = new Uint8Array(65536);
    const length = await this.#connection.read(buffer).catch(() => null);
    if (length === null) return false;
    for (let i = 0; i < length; i += 8192) {
      this.#received += String.fromCharCode(...buffer.subarray(i, Math.min(length, i + 8192)));
    }
    return true;
  }
}

/** A connection for one exchange: sends the text and answers what came back. */
export async function exchange(
  url: string,
  request: string | Uint8Array,
  headOnly = false,
): Promise<RawResponse | undefined> {
  using connection = await RawConnection.open(url);
  await connection.send(request);
  return await connection.response(headOnly);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
