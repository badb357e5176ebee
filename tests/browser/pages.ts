/** Every page of the dashboard over data of all five kinds, for tests that hold something of all of them. */
import { type TestProcess } from "../support/process.ts";

/** Letters from right to left, and as many as a name may reasonably have. */
export const ARABIC = "قناة الطقس";
export const LONG = "ب".repeat(100) + "x".repeat(100);

/** Markup that would say so if it ran. */
export const HOSTILE = `<img src=x onerror="globalThis.ran = 1"><script>globalThis.ran = 1</script>`;

export const PATHS = [
  "/",
  "/dashboard/login",
  "/dashboard/channels",
  "/dashboard/channels/stumptown",
  "/dashboard/series",
  `/dashboard/series/${encodeURIComponent(ARABIC)}`,
  `/dashboard/series/${encodeURIComponent(ARABIC)}/ACME`,
  `/dashboard/series/${encodeURIComponent(ARABIC)}/ACME?revision=1`,
  `/dashboard/series/${encodeURIComponent(ARABIC)}/ACME?with=RILL&relative=true`,
  "/dashboard/channels/stumptown?where=/none=1",
  "/dashboard/sessions",
  `/dashboard/sessions?user=${encodeURIComponent(HOSTILE)}`,
  "/dashboard/apps",
  `/dashboard/apps/${encodeURIComponent(ARABIC)}`,
  `/dashboard/apps/${encodeURIComponent(ARABIC)}?range=12mo`,
  `/dashboard/apps/${encodeURIComponent(ARABIC)}/ann`,
  `/dashboard/apps/${encodeURIComponent(ARABIC)}/ann?person=true`,
  "/dashboard/conversations",
  "/dashboard/conversations?since=2020-01-01T00:00&timezone=Asia/Tokyo",
  "/dashboard/operate",
  "/dashboard/operate/storage",
  "/docs",
  "/docs/errors",
] as const;

/** Stores a little of everything, whose names and contents are hostile. */
export async function fill({ url }: Pick<TestProcess, "url">, token?: string): Promise<void> {
  const send = async (method: string, path: string, body: unknown, type = "application/json") => {
    const response = await fetch(url + path, {
      method,
      headers: { "Content-Type": type, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  };
  const name = encodeURIComponent(ARABIC), now = new Date().toISOString().slice(0, 19);
  await send("PUT", "/channel/stumptown", { description: HOSTILE, tags: ["<b>news</b>"] });
  await send("POST", "/channel/stumptown", HOSTILE, "text/html");
  await send("POST", "/channel/stumptown", { [HOSTILE]: [HOSTILE, { deep: null }] });
  await send("PUT", `/api/store/${name}/ACME`, {
    close: { "2020-01-02": 1.5, "2020-01-03": 2 },
    [HOSTILE]: { "2020-01-02": 1 },
  });
  await send("PUT", `/api/store/${name}/ACME`, {
    close: { "2020-01-02": 1.5, "2020-01-03": 3 },
    [HOSTILE]: { "2020-01-02": 1 },
  });
  await send("PUT", `/api/store/${name}/RILL`, { close: { "2020-01-02": 7, "2020-01-03": 8 } });
  await send("POST", "/user/batches", [{
    user_id: HOSTILE,
    session_id: "s",
    event: "start",
    country: "DE",
    ts: now,
  }]);
  await send("PUT", `/profile/${name}/ann/`, {
    facebook: { id: 1, gender: "female", bio: HOSTILE },
    crm: { [HOSTILE]: HOSTILE },
  });
  await send(
    "PUT",
    `/event/${name}/ann/${encodeURIComponent(LONG)}/?context=${encodeURIComponent(HOSTILE)}`,
    {},
  );
  await send("POST", "/api/conversations/ops/messages", {
    public: true,
    messages: [
      {
        id: "1",
        username: HOSTILE,
        message: `${HOSTILE} The deploy of the billing service failed: the disk of db-3 is full.`,
      },
      {
        id: "2",
        username: "bob",
        message: "Old snapshots fill the disk of db-3 every night, I will delete them tomorrow.",
      },
    ],
  });
}
