/** Attacks written by hand: what no client would send, and clients that stop in the middle. */
import { gzipSync } from "node:zlib";
import { RawConnection, type RawResponse } from "../../support/socket.ts";

/** An attack: what is sent, in pieces with a pause between them, and how the client ends. */
export interface Attack {
  readonly name: string;
  readonly pieces: readonly (string | Uint8Array)[];
  /** Milliseconds between two pieces. */
  readonly pause?: number;
  /** The client says that nothing more comes (`half`), or leaves (`leave`); else it waits for the answer. */
  readonly end?: "half" | "leave";
  /** What may be answered; else anything below 500, 503, or a closed connection. */
  readonly wanted?: readonly number[];
}

const HOST = "Host: runnel\r\n";
const post = (path: string, headers: string, body = "") =>
  `POST ${path} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const json = "Content-Type: application/json\r\n";
const socket = (path: string) =>
  get(
    path,
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
  );
/** The answer to the handshake is waited for: a client that leaves before it costs Deno 2.9.6 a descriptor for ever. */
const frame = (...bytes: number[]) => Uint8Array.from(bytes);

/** Where bodies of each area go. */
const WRITES: Readonly<Record<string, string>> = {
  "/channel/alpha": '{"n":1}',
  "/channel/alpha/bulk": '{"n":1}\n{"n":2}\n',
  "/channel": '{"name":"x"}',
  "/profile/app/ann": '{"twitter":{"id":"456"}}',
  "/event/app": '[{"account":"ann","event":"click"}]',
  "/api/store/NASDAQ/ACME": '{"close":{"2020-01-02":1}}',
  "/user/batches": '[{"user_id":"u","session_id":"s","event":"end","ts":"2026-01-02T03:04:05"}]',
  "/api/conversations/ops/messages": '[{"id":"9","username":"ann","message":"hi"}]',
  "/api/ingest/slack": "{}",
};

function attacksOnWrites(): Attack[] {
  return Object.entries(WRITES).flatMap(([path, body]): Attack[] => {
    const type = path.endsWith("/bulk") ? "Content-Type: application/x-ndjson\r\n" : json;
    const length = `Content-Length: ${body.length}\r\n`;
    const zipped = gzipSync(body);
    const zip = (
      bytes: Uint8Array,
    ) => [post(path, `${type}Content-Encoding: gzip\r\nContent-Length: ${bytes.byteLength}\r\n`), bytes];
    return [
      {
        name: `${path}: half a body, then a half-closed socket`,
        pieces: [post(path, type + length, body.slice(0, 3))],
        end: "half",
      },
      {
        name: `${path}: half a body, then gone`,
        pieces: [post(path, type + length, body.slice(0, 3))],
        end: "leave",
      },
      { name: `${path}: a body drop by drop`, pieces: [post(path, type + length), ...body], pause: 20 },
      {
        name: `${path}: a chunked body drop by drop`,
        pieces: [
          post(path, `${type}Transfer-Encoding: chunked\r\n`),
          ...Array.from(body, (byte) => `1\r\n${byte}\r\n`),
          "0\r\n\r\n",
        ],
        pause: 5,
      },
      {
        name: `${path}: a chunk that ends early`,
        pieces: [post(path, `${type}Transfer-Encoding: chunked\r\n`, "ff\r\n{")],
        end: "half",
      },
      {
        name: `${path}: a chunk of 2^64 bytes`,
        pieces: [post(path, `${type}Transfer-Encoding: chunked\r\n`, "ffffffffffffffff\r\n{")],
        end: "half",
      },
      {
        name: `${path}: a negative chunk`,
        pieces: [post(path, `${type}Transfer-Encoding: chunked\r\n`, "-1\r\n{\r\n0\r\n\r\n")],
      },
      { name: `${path}: gzip cut off`, pieces: zip(zipped.subarray(0, -5)) },
      {
        name: `${path}: gzip with a wrong sum`,
        pieces: zip(zipped.map((byte, i) => i === zipped.length - 6 ? byte ^ 1 : byte)),
      },
      {
        name: `${path}: plain text called gzip`,
        pieces: [post(path, `${type}Content-Encoding: gzip\r\n${length}`, body)],
      },
      { name: `${path}: two lengths`, pieces: [post(path, `${type}${length}Content-Length: 1\r\n`, body)] },
      {
        name: `${path}: a length and chunks`,
        pieces: [post(path, `${type}${length}Transfer-Encoding: chunked\r\n`, `1\r\n{\r\n0\r\n\r\n`)],
      },
      {
        name: `${path}: a length beyond numbers`,
        pieces: [post(path, `${type}Content-Length: 99999999999999999999999999\r\n`, body)],
      },
      {
        name: `${path}: an answer nobody waits for`,
        pieces: [post(path, type + length, body)],
        end: "leave",
      },
      { name: `${path}: NUL in a header`, pieces: [post(path, `${type}X-A: a\0b\r\n${length}`, body)] },
      {
        name: `${path}: a hundred headers too many`,
        pieces: [post(path, `${type}${"A: b\r\n".repeat(300)}${length}`, body)],
      },
    ];
  });
}

/** All attacks. */
export const ATTACKS: readonly Attack[] = [
  ...attacksOnWrites(),
  { name: "HTTP/1.1 without Host", pieces: ["GET /channel HTTP/1.1\r\n\r\n"] },
  { name: "HTTP/1.0 without Host", pieces: ["GET /channel HTTP/1.0\r\n\r\n"] },
  { name: "HTTP/0.9", pieces: ["GET /channel\r\n\r\n"], end: "half" },
  { name: "HTTP/2 without asking", pieces: ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], end: "half" },
  { name: "HTTP/9.9", pieces: ["GET / HTTP/9.9\r\nHost: runnel\r\n\r\n"] },
  { name: "two Hosts", pieces: [get("/channel", "Host: other\r\n")] },
  { name: "an empty Host", pieces: ["GET /channel HTTP/1.1\r\nHost:\r\n\r\n"] },
  { name: "a Host of 60 kB", pieces: [`GET /channel HTTP/1.1\r\nHost: ${"x".repeat(60_000)}\r\n\r\n`] },
  { name: "an address with scheme and host", pieces: [get("http://runnel/channel")] },
  { name: "an address with another host", pieces: [get("http://evil.example/channel")] },
  { name: "an address with a port that is none", pieces: [get("http://runnel:99999/channel")] },
  { name: "OPTIONS *", pieces: [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`] },
  { name: "CONNECT", pieces: [`CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`] },
  { name: "an empty address", pieces: [`GET  HTTP/1.1\r\n${HOST}\r\n`] },
  { name: "an address with a fragment", pieces: [get("/channel#x")] },
  { name: "an address with a space", pieces: [get("/channel /x")] },
  { name: "an address of 60 kB", pieces: [get(`/channel/${"x".repeat(60_000)}`)] },
  { name: "a query of 60 kB", pieces: [get(`/channel?tag=${"%F0%9F%98%80".repeat(5_000)}`)] },
  { name: "raw bytes in the address", pieces: [get("/channel/\xff\xfe\x80")] },
  { name: "dots", pieces: [get("/api/store/../x")] },
  { name: "escaped dots", pieces: [get("/api/store/%2e%2E/x")] },
  { name: "backslashes", pieces: [get("/channel/..\\..\\x")] },
  { name: "slashes", pieces: [get("//////channel////alpha//")] },
  { name: "NUL in a name", pieces: [get("/api/store/a%00b/c")] },
  { name: "header lines that go on", pieces: [get("/channel", "X-A: a\r\n b\r\n")] },
  { name: "line feeds alone", pieces: [`GET /channel HTTP/1.1\n${HOST.replace("\r", "")}\n`] },
  { name: "a header without colon", pieces: [get("/channel", "nonsense\r\n")] },
  { name: "a header without name", pieces: [get("/channel", ": x\r\n")] },
  { name: "half a header", pieces: ["GET /channel HTTP/1.1\r\nHost: run"], end: "half" },
  { name: "half a header, then gone", pieces: ["GET /channel HTTP/1.1\r\nHost: run"], end: "leave" },
  { name: "nothing", pieces: [], end: "half" },
  { name: "a TLS hello", pieces: ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"], end: "half" },
  { name: "a header letter by letter", pieces: [...get("/health")], pause: 5, wanted: [200] },
  {
    name: "a request hidden in another's body",
    pieces: [
      post(
        "/channel/alpha",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        `0\r\n\r\n${get("/channel/beta")}`,
      ),
    ],
  },
  {
    name: "Transfer-Encoding of another kind",
    pieces: [post("/channel/alpha", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")],
  },
  {
    name: "Transfer-Encoding with odd spaces",
    pieces: [post("/channel/alpha", "Transfer-Encoding:\tchunked \r\n", "0\r\n\r\n")],
  },
  {
    name: "trailers",
    pieces: [
      post(
        "/channel/alpha",
        "Transfer-Encoding: chunked\r\nTrailer: X-A\r\n",
        "1\r\na\r\n0\r\nX-A: \0\r\n\r\n",
      ),
    ],
  },
  {
    name: "Expect, and no body",
    pieces: [post("/channel/alpha", "Expect: 100-continue\r\nContent-Length: 5\r\n")],
    end: "half",
  },
  { name: "a hundred requests at once", pieces: [get("/channel/alpha/latest").repeat(100)] },
  {
    name: "a follower that leaves at once",
    pieces: [get("/channel/alpha/events?after=earliest")],
    end: "leave",
  },
  {
    name: "a pull that leaves at once",
    pieces: [post("/channel/alpha/consumers/worker/pull", `${json}Content-Length: 14\r\n`, '{"wait":"30s"}')],
    end: "leave",
  },
  {
    name: "a WebSocket's huge frame",
    pieces: [socket("/channel/alpha/ws"), frame(0x81, 0xff, 0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4)],
    pause: 20,
  },
  {
    name: "a WebSocket's frame without mask",
    pieces: [socket("/channel/alpha/ws"), frame(0x81, 0x02, 0x68, 0x69)],
    pause: 20,
  },
  {
    name: "a WebSocket's unknown frame",
    pieces: [socket("/ws?channels=alpha"), frame(0x8f, 0x80, 1, 2, 3, 4)],
    pause: 20,
  },
  {
    name: "a WebSocket's ping of 200 bytes",
    pieces: [socket("/ws?channels=alpha"), frame(0x89, 0xfe, 0, 200, 1, 2, 3, 4, ...new Array(200).fill(0))],
    pause: 20,
  },
  {
    name: "a WebSocket's text that is no UTF-8",
    pieces: [socket("/channel/alpha/consumers/worker/ws"), frame(0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe)],
    pause: 20,
  },
  {
    name: "a worker's message that is no JSON",
    pieces: [socket("/channel/alpha/consumers/worker/ws"), frame(0x81, 0x82, 0, 0, 0, 0, 0x7b, 0x7b)],
    pause: 20,
  },
  { name: "a WebSocket that nobody closes", pieces: [socket("/ws?channels=alpha")] },
];

/** How long the server may take for an attack that waits for its answer: more than it gives a silent client. */
const HANG_MS = 45_000;

/** Carries an attack out; answers what is wrong with what came back, or undefined. */
export async function attack(
  url: string,
  { pieces, pause = 0, end, wanted }: Attack,
): Promise<string | undefined> {
  const connection = await RawConnection.open(url);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (const piece of pieces) {
      if (!await connection.send(piece)) break;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (end === "leave") return undefined;
    if (end === "half") await connection.endSending();
    const late = new Promise<"hang">((resolve) => timer = setTimeout(() => resolve("hang"), HANG_MS));
    const answer = await Promise.race([connection.response().catch(() => undefined), late]);
    return answer === "hang" ? `no answer in ${HANG_MS / 1000} s` : judged(answer, wanted);
  } finally {
    clearTimeout(timer);
    connection[Symbol.dispose]();
  }
}

function judged(answer: RawResponse | undefined, wanted: readonly number[] | undefined): string | undefined {
  if (wanted !== undefined) {
    return wanted.includes(answer?.status ?? 0) ? undefined : `${answer?.status}, not ${wanted}`;
  }
  if (answer === undefined || answer.status < 500 || answer.status === 503) return undefined;
  return `${answer.status}: ${answer.body.slice(0, 500)}`;
}
