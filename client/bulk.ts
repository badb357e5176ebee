/** Many items in one request, as multipart/mixed (RFC 2046). */

/** An item to store. */
export interface NewItem {
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Media type, `application/octet-stream` unless given. */
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
  readonly language?: string | undefined;
  /** What the item is about. */
  readonly key?: string | undefined;
}

/** The body and the type of a request that stores all of them. */
export function multipart(items: readonly NewItem[]): { body: Blob; type: string } {
  const boundary = newName();
  const parts = items.flatMap(({ body, type, encoding, language, key }) => {
    const headers = {
      "Content-Type": type,
      "Content-Encoding": encoding,
      "Content-Language": language,
      "Item-Key": key,
    };
    const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return [`--${boundary}\r\n${head}\r\n`, body, "\r\n"];
  });
  return { body: new Blob([...parts, `--${boundary}--\r\n`]), type: `multipart/mixed; boundary=${boundary}` };
}

/** A name that nobody else has; pages of plain HTTP lack crypto.randomUUID. */
export function newName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
