import { deepEqual, equal, ok } from "../support/assert.ts";
import { PAGES } from "../../dashboard/pages.ts";
import { type ProcessOptions, startProcess, temporaryFolder } from "../support/process.ts";

const HEADERS = { "Content-Type": "application/json" };

/** Fields that every form of that path is sent with, so that only token and key can stop it. */
const FIELDS: Readonly<Record<string, Record<string, string>>> = {
  "/dashboard/channels": { name: "made", days: "1" },
  "/dashboard/channels/:name": { type: "text/plain", content: "inserted" },
  "/dashboard/channels/:name/settings": { days: "3", description: "changed" },
  "/dashboard/channels/:name/webhooks/:webhook": { paused: "false" },
  "/dashboard/channels/:name/consumers/:consumer/replay": { start: "earliest" },
  "/dashboard/series/:reference/:symbol/restore": { revision: "1" },
  "/dashboard/apps/:app/:account/forget": { name: "ann" },
  "/dashboard/operate/jobs/:job": {},
  "/dashboard/operate/keys": { name: "made", scope: "admin" },
  "/dashboard/operate/keys/:key/revoke": {},
};
/** Forms that sign somebody in or out: they change no data, and need no key. */
const DOORS = [
  "/dashboard/login",
  "/dashboard/logout",
  "/dashboard/conversations",
  "/dashboard/conversations/logout",
];
const PARAMETERS = {
  ":name": "c",
  ":webhook": "hook",
  ":consumer": "worker",
  ":reference": "market",
  ":symbol": "ACME",
  ":app": "shop",
  ":account": "ann",
  ":job": "recount-profiles",
  ":key": "reader",
};
/** What the forms could change. */
const STATE = [
  "/channel",
  "/channel/c",
  "/channel/c/latest/10",
  "/channel/c/consumers",
  "/webhook/hook",
  "/api/store/market/ACME/revisions",
  "/api/store/market/ACME",
  "/profile/shop/ann",
  "/keys",
];

async function startWithKeys(options: ProcessOptions) {
  const runnel = await startProcess({ ...options, env: { WEBHOOK_PRIVATE: "true" } });
  const call = async (method: string, path: string, body: unknown, key?: string) => {
    const headers = { ...HEADERS, ...(key !== undefined && { Authorization: `Bearer ${key}` }) };
    const answer = await fetch(runnel.url + path, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    ok(answer.ok, `${path}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  await call("PUT", "/channel/c", {});
  await call("PUT", "/channel/c/consumers/worker", { start: "latest" });
  await call("PUT", "/webhook/hook", { channel: "c", callbackUrl: "http://127.0.0.1:9/", paused: true });
  await call("PUT", "/api/store/market/ACME", { close: { "2020-01-02": 1 } });
  await call("PUT", "/api/store/market/ACME", { close: { "2020-01-02": 2 } });
  await call("PUT", "/profile/shop/ann", { crm: { plan: "gold" } });
  const { secret: admin } = await call("POST", "/keys", { name: "admin", scopes: ["admin"] });
  const scopes = ["channels:read", "series:read", "profiles:read", "sessions:read", "metrics:read"];
  const { secret: reader } = await call("POST", "/keys", { name: "reader", scopes }, admin);
  return { runnel, admin, reader };
}

/** Fields that time alone changes. */
const MOVING = ["used", "lag", "cursor"];

/** What the API says of everything that forms could change. */
async function stateOf(url: string, key: string): Promise<unknown[]> {
  return await Promise.all(STATE.map(async (path) => {
    const answer = await fetch(url + path, { headers: { Authorization: `Bearer ${key}` } });
    const text = await answer.text();
    const body = /^[{[]/.test(text)
      ? JSON.parse(text, (name, value) => MOVING.includes(name) ? undefined : value)
      : text;
    return [path, answer.status, body];
  }));
}

const forms = PAGES.filter(({ method, path }) => method === "POST" && !DOORS.includes(path));

Deno.test("no form changes anything without its token, or with a key that may only read", async () => {
  await using folder = await temporaryFolder();
  const { runnel, admin, reader } = await startWithKeys({ database: `file:${folder.path}/runnel.db` });
  await using _ = runnel;
  deepEqual(forms.map(({ path }) => path).sort(), Object.keys(FIELDS).sort());
  const before = await stateOf(runnel.url, admin);
  const send = async (path: string, cookie: string, fields: Record<string, string>) => {
    const address = path.replace(/:\w+/g, (name) => PARAMETERS[name as keyof typeof PARAMETERS]);
    const answer = await fetch(runnel.url + address, {
      method: "POST",
      headers: { Cookie: cookie },
      body: new URLSearchParams(fields),
      redirect: "manual",
    });
    return { status: answer.status, text: await answer.text() };
  };
  for (const { path } of forms) {
    const fields = FIELDS[path]!, key = `runnel_key=${admin}`;
    const attempts = [
      [`${key}`, fields],
      [`${key}; runnel_form=known`, fields],
      [`${key}; runnel_form=known`, { ...fields, token: "guessed" }],
      [key, { ...fields, token: "guessed" }],
      [`runnel_key=${reader}; runnel_form=known`, { ...fields, token: "known" }],
    ] as const;
    for (const [cookie, sent] of attempts) {
      const { status, text } = await send(path, cookie, sent);
      equal(status, 403, `${path} ${text}`);
      equal(text.includes(admin), false);
    }
    const { status } = await send(path, "runnel_form=known", { ...fields, token: "known" });
    equal(status, 401, path);
  }
  deepEqual(await stateOf(runnel.url, admin), before);

  // With both, each does what it says: the refusals above had no other reason.
  for (const { path } of forms) {
    const cookie = `runnel_key=${admin}; runnel_form=known`;
    const { status, text } = await send(path, cookie, { ...FIELDS[path]!, token: "known" });
    ok(status === 303 || status === 200, `${path}: ${status} ${text}`);
  }
});

Deno.test("a page that many share shows each what their key may read, and nothing to a key that is gone", async () => {
  await using folder = await temporaryFolder();
  const { runnel, admin, reader } = await startWithKeys({ database: `file:${folder.path}/runnel.db` });
  await using _ = runnel;
  const start = {
    event: "start",
    user_id: "ann",
    session_id: "s",
    country: "DE",
    ts: new Date().toISOString(),
  };
  const answer = await fetch(`${runnel.url}/user/batches`, {
    method: "POST",
    headers: { ...HEADERS, Authorization: `Bearer ${admin}` },
    body: JSON.stringify([start]),
  });
  equal(answer.status, 200, await answer.text());
  const page = async (path: string, key: string | undefined, part: boolean) => {
    const headers = {
      Accept: "text/html",
      ...(key !== undefined && { Cookie: `runnel_key=${key}` }),
      ...(part && { "HX-Request": "true" }),
    };
    const answer = await fetch(runnel.url + path, { headers });
    return [answer.status, await answer.text()] as const;
  };
  // One after the other, so that each finds what the one before was shown.
  for (const part of [false, true]) {
    for (const path of ["/", "/dashboard/sessions"]) {
      const [status, text] = await page(path, admin, part);
      deepEqual([status, text.includes("user=ann"), text.includes("<header")], [200, true, !part], path);
      equal((await page(path, undefined, part))[1].includes("user=ann"), false, path);
    }
  }
  const admins = [
    "/dashboard/operate",
    "/dashboard/operate/storage",
    "/dashboard/apps/shop/ann?person=true",
    "/dashboard/apps/shop/ann/export",
  ];
  for (const path of admins) {
    equal((await page(path, admin, false))[0], 200, path);
    deepEqual((await page(path, reader, false))[0], 403, path);
    deepEqual((await page(path, undefined, false))[0], 401, path);
  }
  equal((await page("/dashboard/sessions", reader, true))[0], 200);
  const revoked = await fetch(`${runnel.url}/keys/reader`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${admin}` },
  });
  equal(revoked.status, 204, await revoked.text());
  const [status, text] = await page("/dashboard/sessions", reader, true);
  deepEqual([status, text.includes("user=ann")], [401, false]);
});
