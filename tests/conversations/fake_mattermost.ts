/**
 * A Mattermost for tests, because the real one cannot run here: the routes of its REST API v4 that Runnel calls, answering
 * as https://developers.mattermost.com/api-documentation has them.
 */

/** A post as the API has it. */
export interface FakePost {
  id: string;
  user_id: string;
  channel_id: string;
  message: string;
  type: string;
  create_at: number;
  update_at: number;
  delete_at: number;
  root_id?: string;
  props?: unknown;
  metadata?: unknown;
}

/** A user who may log in. */
interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  /** When the user was deactivated; 0 or absent: is active. */
  delete_at?: number;
}

/** What a fake server holds; a test may change it. */
export interface FakeServer {
  readonly users: FakeUser[];
  /** Channel id → display name and ids of its members. */
  readonly channels: Map<string, { name: string; members: string[] }>;
  readonly posts: FakePost[];
}

/** A running server. */
export interface FakeMattermost extends AsyncDisposable {
  readonly url: string;
  readonly server: FakeServer;
  /** Method and path of each request. */
  readonly calls: string[];
  /** Tokens that were given and not logged out. */
  readonly sessions: Map<string, string>;
  /** Answers instead of the routes; undefined: the routes answer. */
  intercept: (path: string) => Response | Promise<Response> | undefined;
}

/** An id as Mattermost makes them: 26 letters and digits. */
export function idOf(name: string): string {
  return name.padEnd(26, "0");
}

const refusal = (status: number, id: string, message: string) =>
  Response.json({ id, message, detailed_error: "", request_id: "", status_code: status }, { status });

export function startFakeMattermost(server: FakeServer): FakeMattermost {
  const http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    fake.calls.push(`${request.method} ${pathname}`);
    const body = request.method === "POST" ? await request.text() : "";
    const path = pathname.replace("/api/v4", "");
    return await (fake.intercept(path) ?? answer(fake, path, searchParams, body, request.headers));
  });
  const fake: FakeMattermost = {
    url: `http://127.0.0.1:${http.addr.port}`,
    server,
    calls: [],
    sessions: new Map(),
    intercept: () => undefined,
    [Symbol.asyncDispose]: () => http.shutdown(),
  };
  return fake;
}

function answer(
  { server, sessions }: FakeMattermost,
  path: string,
  query: URLSearchParams,
  body: string,
  headers: Headers,
): Response {
  if (path === "/users/login") return logIn(server, sessions, JSON.parse(body));
  const token = headers.get("authorization")?.replace(/^BEARER /i, "") ?? "";
  const me = sessions.get(token);
  if (me === undefined) return refusal(401, "api.context.session_expired.app_error", "Invalid session");
  if (path === "/users/logout") {
    sessions.delete(token);
    return Response.json({ status: "OK" });
  }
  if (path === "/users/me/teams") return Response.json([{ id: idOf("team"), name: "team" }]);
  if (path === `/users/me/teams/${idOf("team")}/channels`) {
    const mine = [...server.channels].filter(([, { members }]) => members.includes(me));
    return Response.json(
      mine.map(([id, { name }]) => ({ id, display_name: name, name: name.toLowerCase() })),
    );
  }
  if (path === "/users/ids") {
    const ids: string[] = JSON.parse(body);
    return Response.json(
      server.users.filter(({ id }) => ids.includes(id)).map(({ password: _, ...user }) => user),
    );
  }
  const of = /^\/channels\/(\w+)\/members$/.exec(path)?.[1];
  if (of !== undefined) {
    if (!server.channels.get(of)?.members.includes(me)) {
      return refusal(
        403,
        "api.context.permissions.app_error",
        "You do not have the appropriate permissions.",
      );
    }
    const [page, size] = [Number(query.get("page")), Number(query.get("per_page"))];
    const members = server.channels.get(of)?.members.slice(page * size, (page + 1) * size) ?? [];
    return Response.json(members.map((user_id) => ({ channel_id: of, user_id })));
  }
  const channel = /^\/channels\/(\w+)\/posts$/.exec(path)?.[1];
  if (channel !== undefined) return postsOf(server, channel, query);
  return refusal(404, "api.context.404.app_error", "Sorry, we could not find the page.");
}

function logIn(
  { users }: FakeServer,
  sessions: Map<string, string>,
  { login_id, password }: { login_id: string; password: string },
): Response {
  const user = users.find(({ username }) => username === login_id);
  if (user === undefined || user.password !== password || (user.delete_at ?? 0) > 0) {
    return refusal(
      401,
      "api.user.login.invalid_credentials_email_username",
      "Enter a valid email or username and/or password.",
    );
  }
  const token = idOf(`token${sessions.size}`);
  sessions.set(token, user.id);
  return Response.json({ id: user.id, username: user.username }, { headers: { Token: token } });
}

/** With `since`: what was updated later, deleted posts included. Else a page, the newest first. */
function postsOf({ posts }: FakeServer, channel: string, query: URLSearchParams): Response {
  const since = query.get("since");
  const all = posts.filter(({ channel_id }) => channel_id === channel).toSorted((a, b) =>
    b.create_at - a.create_at
  );
  const from = Number(query.get("page") ?? 0) * Number(query.get("per_page") ?? 60);
  const found = since === null
    ? all.filter(({ delete_at }) => delete_at === 0).slice(from, from + Number(query.get("per_page") ?? 60))
    : all.filter(({ update_at }) => update_at > Number(since)).slice(0, 1000);
  return Response.json({
    order: found.map(({ id }) => id),
    posts: Object.fromEntries(found.map((post) => [post.id, post])),
  });
}
