/** The page of one item: its content as a tree of JSON, text, an image, or bytes. */
import type { Child } from "hono/jsx";
import { bytes, Heading, part, Refused, type Shown, type View } from "../view.tsx";

const MOST_BYTES = 200_000;
const MOST_HEX = 4_096;
const MOST_NODES = 2_000;
const IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

const addressOf = (view: View) => `/channel/${part(view.param("name"))}/${part(view.param("id"))}`;

/** The item, and the ways to its neighbours. */
export async function itemPage(view: View): Promise<Shown> {
  const name = view.param("name"),
    id = view.param("id"),
    here = `${view.root}/dashboard/channels/${part(name)}`;
  const response = await view.api(addressOf(view));
  if (!response.ok) throw new Refused(response.status, (await response.json()).detail);
  const { headers } = response;
  const content = new Uint8Array(await response.arrayBuffer());
  const neighbour = async (which: "next" | "previous") => {
    const found = await view.api(`${addressOf(view)}/${which}`, { redirect: "manual" });
    return found.status === 303 ? found.headers.get("location")?.split("/").at(-1) : undefined;
  };
  const [previous, next] = await Promise.all([neighbour("previous"), neighbour("next")]);
  return {
    title: `${id} of ${name}`,
    body: (
      <div class="stack">
        <Heading view={view} to={`/channels/${name}`} above={name}>{id}</Heading>
        <p class="lead">
          {headers.get("content-type")}, {bytes(content.length)}, stored {headers.get("creation-date")}
        </p>
        <nav class="row" aria-label="Neighbours">
          {previous !== undefined && <a class="quiet" rel="prev" href={`${here}/${previous}`}>Previous</a>}
          {next !== undefined && <a class="quiet" rel="next" href={`${here}/${next}`}>Next</a>}
        </nav>
        <section class="card item">{await shown(headers, content, `${here}/${part(id)}/image`)}</section>
      </div>
    ),
  };
}

async function shown(headers: Headers, stored: Uint8Array<ArrayBuffer>, image: string): Promise<Child> {
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  const content = headers.get("content-encoding") === "gzip" ? await unzipped(stored) : stored;
  if (IMAGE.test(type)) return <img src={image} alt={`The item, ${type}`} />;
  const text = textOf(content.subarray(0, MOST_BYTES), content.length > MOST_BYTES);
  if (text === undefined) return <pre tabindex={0}>{hex(content.subarray(0, MOST_HEX))}</pre>;
  if (/json$/.test(type) && content.length <= MOST_BYTES) {
    try {
      return <Tree value={JSON.parse(text)} budget={{ left: MOST_NODES }} />;
    } catch {
      // Not JSON after all: as text.
    }
  }
  return <pre tabindex={0}>{text}</pre>;
}

async function unzipped(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    // No more than can be shown: a small file may unpack to a very large one.
    while (length <= MOST_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
    }
    await reader.cancel();
  } catch {
    return content;
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

function textOf(content: Uint8Array, isCut: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content, { stream: isCut });
  } catch {
    return undefined;
  }
}

/** Sixteen bytes a line: position, bytes, and the characters that can be shown. */
export function hex(content: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < content.length; at += 16) {
    const row = content.subarray(at, at + 16);
    const digits = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const plain = Array.from(row, (byte) => byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".").join(
      "",
    );
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits.padEnd(47)}  ${plain}`);
  }
  return lines.join("\n");
}

function Tree(
  { value, budget, depth = 0 }: { value: unknown; budget: { left: number }; depth?: number },
): Child {
  if (typeof value !== "object" || value === null) return <code>{JSON.stringify(value)}</code>;
  return Object.entries(value).map(([name, child]) => {
    if (budget.left-- <= 0 || depth > 60) return budget.left === -1 ? <div class="leaf">…</div> : null;
    if (typeof child !== "object" || child === null) {
      return (
        <div class="leaf">
          <span class="soft">{name}:</span> <code>{JSON.stringify(child)}</code>
        </div>
      );
    }
    return (
      <details class="tree" open={depth < 3}>
        <summary>
          {name}{" "}
          <span class="soft">
            {Array.isArray(child) ? `[${child.length}]` : `{${Object.keys(child).length}}`}
          </span>
        </summary>
        <Tree value={child} budget={budget} depth={depth + 1} />
      </details>
    );
  });
}

/** An item that is an image; anything else is refused. */
export async function rawImage(view: View): Promise<Response> {
  const response = await view.api(addressOf(view), { signal: view.signal });
  const type = (response.headers.get("content-type") ?? "").split(";", 1)[0]!;
  if (!response.ok || !IMAGE.test(type)) throw new Refused(404, "This item is no image that can be shown.");
  return response;
}
