/** The view that every page is given, and the frame around every page. */
import type { Child } from "hono/jsx";

/** One request for a page. Everything that a page knows comes from the API, with the rights of whoever looks. */
export interface View {
  /** The address of this server, without a slash at the end. */
  readonly base: string;
  /** The path part of `base`: what links begin with behind a proxy that serves a sub-path. */
  readonly root: string;
  /** Where the page is, without `root`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Fields of a form that was sent; empty for a page that is read. */
  readonly form: URLSearchParams;
  /** Goes into every form that changes something. */
  readonly token: string;
  /** The API key that is remembered in a cookie, and whether a person is. */
  readonly key: string | undefined;
  readonly hasPerson: boolean;
  /** Two views in which this text is the same may see the same. */
  readonly rights: string;
  /** Aborted when whoever looks leaves: for answers without end, or of any size. Other answers of a page are short. */
  readonly signal: AbortSignal;
  readonly tails: LiveEnds;
  /** The value of a parameter of the page's path. */
  param(name: string): string;
  /** The answer of the API. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** The JSON of the API's answer. Throws `Refused` where the API says no. */
  read<T>(path: string, init?: RequestInit): Promise<T>;
  /** The same, or undefined where the API refuses. */
  glance<T>(path: string): Promise<T | undefined>;
}

/** The live ends of channels, as long as the process serves. */
export interface LiveEnds {
  /** What comes after an item, as Server-Sent Events. */
  follow(view: View, channel: string, after: string): Promise<Response>;
}

/** What a page answers: a page, the address that the browser goes to next, or any answer. */
export type Answer = Shown | string | Response;

/** A page and its title. */
export interface Shown {
  readonly title: string;
  readonly body: Child;
  readonly status?: number;
}

/** The API said no. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const AREAS = [
  ["/", "Overview"],
  ["/dashboard/channels", "Channels"],
  ["/dashboard/series", "Series"],
  ["/dashboard/sessions", "Sessions"],
  ["/dashboard/apps", "Apps"],
  ["/dashboard/conversations", "Conversations"],
  ["/dashboard/operate", "Operate"],
] as const;

/** The page of the area that a path belongs to: its address and its name. */
export const areaOf = (path: string) => AREAS.findLast(([at]) => path.startsWith(at)) ?? AREAS[0];

/** A page in its frame: navigation above, and the scripts that make parts of it live. */
export function Frame({ view, title, children }: { view: View; title: string; children: Child }) {
  const { root, path } = view;
  const asset = (name: string) => `${root}/dashboard/assets/${name}`;
  const [here] = areaOf(path), isHere = (at: string) => at === here && (at !== "/" || path === "/");
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          name="htmx-config"
          content='{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"allowScriptTags":false}'
        />
        <title>{title === "Runnel" ? title : `${title} · Runnel`}</title>
        <link rel="icon" href={asset("icon.svg")} />
        <link rel="stylesheet" href={asset("style.css")} />
        <script type="module" src={asset("live.js")}></script>
        <script src={asset("htmx.js")} defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="brand" href={`${root}/`}>
            <img src={asset("icon.svg")} alt="" width="26" height="26" /> Runnel
          </a>
          <nav aria-label="Areas">
            {AREAS.map(([at, name]) => (
              <a href={`${root}${at}`} aria-current={isHere(at) ? "page" : undefined}>{name}</a>
            ))}
            <a href={`${root}/docs`}>API</a>
          </nav>
          {view.key !== undefined
            ? (
              <form method="post" action={`${root}/dashboard/logout`}>
                <Token view={view} />
                <button class="quiet" type="submit">Sign out</button>
              </form>
            )
            : <a class="quiet" href={`${root}/dashboard/login`}>Sign in</a>}
        </header>
        <main id="main" tabindex={-1}>{children}</main>
      </body>
    </html>
  );
}

/** The title of a page, below the way back to the page above it. */
export function Heading(
  { view, to, above, children }: { view: View; to: string; above: string; children: Child },
) {
  return (
    <>
      <p>
        <a href={`${view.root}/dashboard${to}`}>{above}</a>
      </p>
      <h1>{children}</h1>
    </>
  );
}

/** The hidden field without which no form changes anything. */
export function Token({ view }: { view: View }) {
  return <input type="hidden" name="token" value={view.token} />;
}

/** A form that changes something. */
export function Action(
  { view, to, children, ...rest }: { view: View; to: string; children: Child; class?: string },
) {
  return (
    <form method="post" action={`${view.root}/dashboard${to}`} {...rest}>
      <Token view={view} />
      {children}
    </form>
  );
}

/** A part of a shared page that is read again every so many seconds while somebody looks, and says when it cannot be. */
export function Refreshing(
  { view, id, seconds, children }: { view: View; id: string; seconds: number; children: Child },
) {
  const query = view.query.size > 0 ? `?${view.query}` : "";
  return (
    <div
      id={id}
      class="stack"
      hx-get={`${view.root}${view.path}${query}`}
      hx-trigger="refresh"
      hx-select={`#${id}`}
      hx-swap="outerHTML"
      data-refresh={String(seconds)}
    >
      <p role="status"></p>
      {children}
    </div>
  );
}

/** What there is to do while there is nothing to see. */
export function Empty({ says, curl }: { says: string; curl?: string }) {
  return (
    <div class="empty">
      <p>{says}</p>
      {curl !== undefined && <Command line={curl} />}
    </div>
  );
}

/** A line for a shell, whole on every screen, with a button that copies it. */
export function Command({ line }: { line: string }) {
  return (
    <div class="command">
      <pre tabindex={0}><code>{line}</code></pre>
      <button type="button" class="copy quiet" data-copy={line} hidden>Copy</button>
    </div>
  );
}

/** A table that scrolls by itself on a narrow screen. */
export function Table(
  { label, head, children }: { label: string; head: readonly string[]; children: Child },
) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>{head.map((name) => <th scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const PAGE_SIZE = 200;

/** The part of a sorted list that comes after the name which the address has, and the way to the next part. */
export function pageOf<Of>(view: View, list: readonly Of[], nameOf: (one: Of) => string) {
  const after = view.query.get("after") ?? "";
  const rest = after === "" ? list : list.slice(list.findLastIndex((one) => nameOf(one) === after) + 1);
  const shown = rest.slice(0, PAGE_SIZE), last = shown.at(-1);
  return {
    shown,
    more: rest.length > PAGE_SIZE && last !== undefined ? `?after=${part(nameOf(last))}` : undefined,
  };
}

/** The way to the next part of a list. */
export function More({ href, children }: { href: string | undefined; children: Child }) {
  return href === undefined ? null : (
    <p>
      <a class="quiet" href={href}>{children}</a>
    </p>
  );
}

/** One bar of a chart of bars: `value` of `most`. */
export function Bar(
  { name, value, most, shown = count(value) }: { name: string; value: number; most: number; shown?: string },
) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="bar">
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect width={most === 0 ? 0 : 100 * value / most} height="8" rx="1" />
        </svg>
      </td>
      <td class="number">{shown}</td>
    </tr>
  );
}

/** Values in time order as columns: one path, because elements are what costs time to render. */
export function Spark({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1, ...values);
  const width = 600 / Math.max(1, values.length);
  const column = Math.max(1, width - 1).toFixed(1);
  const columns = values.map((value, i) => {
    const height = (78 * value / most).toFixed(1);
    return value > 0 ? `M${(i * width).toFixed(1)} 80v-${height}h${column}v${height}z` : "";
  });
  return (
    <svg class="spark" viewBox="0 0 600 80" preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={columns.join("")} />
    </svg>
  );
}

/** A figure with its name. */
export function Figure({ name, value }: { name: string; value: string | number }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{typeof value === "number" ? count(value) : value}</dd>
    </div>
  );
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
export const count = (value: number): string => NUMBER.format(value);

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** Bytes, as people read them. */
export function bytes(value: number): string {
  const steps = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  for (; value >= 1000 && i < steps.length - 1; i++) value /= 1000;
  return `${SHORT.format(value)} ${steps[i]}`;
}

const UNITS = [[DAY_MS, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]] as const;

/** A length of time, as people read it. */
export function span(millis: number): string {
  const [size, unit] = UNITS.find(([size]) => millis >= size) ?? [1, "ms"];
  return `${SHORT.format(millis / size)} ${unit}`;
}

/** How long ago a time was, in milliseconds since the epoch: in whole units, because it is read some time later. */
export function ago(time: number): string {
  const millis = Date.now() - time, found = UNITS.find(([size]) => millis >= size);
  return found === undefined ? "just now" : `${Math.floor(millis / found[0])} ${found[1]} ago`;
}

/** A time of the API to the second, UTC unless a zone is given. */
export function When({ time, zone = "UTC" }: { time: string; zone?: string }) {
  const shown = zone === "UTC"
    ? time.slice(0, 19)
    : Temporal.Instant.from(time).toZonedDateTimeISO(zone).toPlainDateTime().toString({
      smallestUnit: "second",
    });
  return <time datetime={time}>{shown.replace("T", " ")}</time>;
}

/** A part of an address. */
export const part = encodeURIComponent;
