/** Signing in with an API key, and what a page says when the API refuses. */
import { Action, type Answer, areaOf, Refused, type Shown, type View } from "./view.tsx";

/** Remembers a value in the browser; an age of 0 forgets it. */
export type Remember = (name: "key" | "person", value: string, maxAge?: number) => void;

function KeyForm({ view, next }: { view: View; next: string }) {
  return (
    <Action view={view} to="/login" class="fields">
      <input type="hidden" name="next" value={next} />
      <label>
        API key
        <input name="key" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
    </Action>
  );
}

/** The form. */
export function loginPage(view: View): Shown {
  return { title: "Sign in", body: <SignIn view={view} next={view.query.get("next") ?? "/"} /> };
}

function SignIn({ view, next }: { view: View; next: string }) {
  return (
    <section class="card stack">
      <h1>Sign in</h1>
      <p class="soft">
        With an API key: you see what it may read, for 12 hours at most. Make one with{" "}
        <code>deno task runnel keys add me --scopes admin</code>. While there is none, people on this machine
        need none.
      </p>
      <KeyForm view={view} next={next} />
    </section>
  );
}

/** Remembers the key if it is one. */
export async function signIn(view: View, remember: Remember): Promise<Answer> {
  const key = (view.form.get("key") ?? "").trim();
  const next = view.form.get("next") ?? "/";
  if (!/^\S{1,200}$/.test(key) || /[^\x21-\x7e]/.test(key)) throw new Refused(401, "This is no API key.");
  const { status } = await view.api("/jobs", { headers: { Authorization: `Bearer ${key}` } });
  // 403: a key that may do something else.
  if (status !== 200 && status !== 403) {
    throw new Refused(401, "This API key does not exist, or has expired.");
  }
  remember("key", key);
  return isOwnPath(next) ? next : "/";
}

/** A path of this server only: `//x` and `/\x` would lead elsewhere. */
const isOwnPath = (path: string) => /^\/([a-z][\w/.~%-]*)?$/i.test(path) && !path.includes("..");

/** Forgets the key and the person. */
export function signOut(_view: View, remember: Remember): string {
  remember("key", "", 0);
  remember("person", "", 0);
  return "/";
}

/** What the API refused, and the way in where a key is missing. */
export function refusedPage(view: View, { status, message }: Refused): Shown {
  const [above, area] = areaOf(view.path);
  return {
    title: status === 401 ? "Sign in" : "Refused",
    status,
    body: (
      <div class="stack">
        <section class="card problem" role="alert">
          <h1>
            {status === 404 ? "There is nothing here" : status === 401 ? "Sign in" : "This is not possible"}
          </h1>
          <p>{sentence(message)}</p>
          <p>
            <a href={`${view.root}${above}`}>{area}</a>
          </p>
        </section>
        {(status === 401 || status === 403) && (
          <section class="card">
            <KeyForm view={view} next={view.path === "/dashboard/login" ? "/" : view.path} />
          </section>
        )}
      </div>
    ),
  };
}

const sentence = (text: string) =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
