/** What the demo sends. Every name and sentence is made up. */

/** Sends one request; see main.ts. */
export type Send = (method: string, path: string, body: unknown, type?: string) => Promise<void>;

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
const second = (time: number): string => new Date(time).toISOString().slice(0, 19);
const HOUR = 3_600_000;

/** A park of sensors, orders of a shop, and the builds of a team. */
async function seedChannels(send: Send): Promise<void> {
  await send("PUT", "/channel/weather", {
    description: "Sensors on the roof, one reading a second",
    tags: ["sensors"],
    maxItems: 5000,
  });
  await send("PUT", "/channel/orders", {
    description: "What the shop sold",
    tags: ["shop", "money"],
    ttlDays: 30,
  });
  await send("PUT", "/channel/builds", {
    description: "What the build server says",
    tags: ["team"],
    ttlDays: 7,
  });
  await send("PUT", "/channel/orders/consumers/invoices", { start: "latest" });
  for (let i = 0; i < 25; i++) await tickChannels(send, i);
}

const SENSORS = ["north", "south", "tower"] as const;
const reading = (i: number) => ({
  sensor: pick(SENSORS),
  celsius: Number((12 + 6 * Math.sin(i / 40) + Math.random()).toFixed(2)),
  humidity: Number((60 + 10 * Math.cos(i / 25) + Math.random()).toFixed(1)),
});
const order = (i: number) => ({
  order: 10_000 + i,
  lines: [{
    article: pick(["espresso beans", "filter paper", "kettle", "hand grinder"]),
    count: 1 + Math.floor(Math.random() * 3),
  }],
  total: Number((8 + Math.random() * 90).toFixed(2)),
  ship_to: pick(["Lisbon", "Leipzig", "Osaka", "Portland"]),
});

async function tickChannels(send: Send, i: number): Promise<void> {
  await send("POST", "/channel/weather", reading(i));
  if (i % 3 === 0) await send("POST", "/channel/orders", order(i));
  if (i % 10 === 0) {
    await send(
      "POST",
      "/channel/builds",
      `build ${400 + i / 10}: ${pick(["passed in 41 s", "passed in 38 s", "failed: lint"])}`,
      "text/plain",
    );
  }
}

const SYMBOLS = { ACME: 102, RILL: 41, BROOK: 230, DELTA: 12 } as const;

/** A year of candles a day for four companies. */
async function seedSeries(send: Send): Promise<void> {
  for (const [symbol, start] of Object.entries(SYMBOLS)) {
    const frame: Record<string, Record<string, number>> = {
      open: {},
      high: {},
      low: {},
      close: {},
      volume: {},
    };
    let price: number = start;
    for (let day = 250; day > 0; day--) {
      const stamp = second(Date.now() - day * 24 * HOUR).slice(0, 10);
      const open = price, close = price * (1 + (Math.random() - 0.49) / 20);
      const cells = { open, close, high: Math.max(open, close) * 1.01, low: Math.min(open, close) * 0.99 };
      for (const [name, value] of Object.entries(cells)) frame[name]![stamp] = Number(value.toFixed(2));
      frame.volume![stamp] = Math.round(1e5 * (1 + Math.random()));
      price = close;
    }
    await send("PUT", `/api/store/market/${symbol}`, frame);
  }
}

/** Two hours of the sensors on the roof, a row a minute. */
async function seedRoof(send: Send): Promise<void> {
  for (const sensor of SENSORS) {
    const columns: Record<string, Record<string, number>> = { celsius: {}, humidity: {} };
    for (let minute = 120; minute > 0; minute--) {
      const stamp = second(Date.now() - minute * 60_000), { celsius, humidity } = reading(-60 * minute);
      columns.celsius![stamp] = celsius;
      columns.humidity![stamp] = humidity;
    }
    await send("PUT", `/api/store/roof/${sensor}`, columns);
  }
}

async function tickRoof(send: Send, i: number): Promise<void> {
  const stamp = second(Date.now()), { celsius, humidity } = reading(i);
  await send("PUT", `/api/store/roof/${SENSORS[i % SENSORS.length]}`, {
    celsius: { [stamp]: celsius },
    humidity: { [stamp]: humidity },
  });
}

const COUNTRIES = ["DE", "PT", "JP", "US", "US", "FR", "BR", "IN", "IN"] as const;

const session = (start: number) => {
  const ids = { user_id: `user${Math.floor(Math.random() * 300)}`, session_id: crypto.randomUUID() };
  const end = start + 20_000 + Math.random() ** 3 * 2 * HOUR;
  const events: object[] = [{ ...ids, event: "start", country: pick(COUNTRIES), ts: second(start) }];
  if (end < Date.now()) events.push({ ...ids, event: "end", ts: second(end) });
  return events;
};

/** A week of sessions. */
async function seedSessions(send: Send): Promise<void> {
  for (let day = 0; day < 7; day++) {
    const starts = Array.from(
      { length: 120 + Math.floor(Math.random() * 80) },
      () => Date.now() - day * 24 * HOUR - Math.random() * 20 * HOUR,
    );
    await send("POST", "/user/batches", starts.flatMap(session));
  }
}

const EVENTS = ["opened", "searched", "bought", "shared"] as const;
const action = (time: number) => ({
  account: `person${Math.floor(Math.random() * 60)}`,
  event: pick(EVENTS),
  context: pick(["phone", "tablet", "desktop"]),
  timestamp: new Date(time).toISOString(),
});

/** Accounts of a shop, and a day of what they did. */
async function seedApps(send: Send): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await send("PUT", `/profile/coffeeshop/person${i}/`, {
      facebook: {
        id: 90_000 + i,
        gender: pick(["female", "male"]),
        birthday: `0${1 + i % 9}/1${i % 10}/${1960 + i % 45}`,
        locale: pick(["de_DE", "pt_PT", "en_US", "ja_JP"]),
        bio: pick([
          "Coffee, bicycles and slow trains",
          "Photographs rivers and bridges",
          "Bakes bread, reads maps",
        ]),
      },
    });
  }
  for (let i = 0; i < 4; i++) {
    const some = Array.from({ length: 1500 }, () => action(Date.now() - Math.random() ** 1.2 * 24 * HOUR));
    await send("POST", "/event/coffeeshop", some);
  }
}

const TALK: readonly (readonly [string, string])[] = [
  ["mara", "The nightly backup of the orders database failed again: the disk of db-3 is full."],
  ["tomas", "How much is left on db-3?"],
  ["mara", "Nothing. Old snapshots fill it every night."],
  ["tomas", "I will delete snapshots older than a week, by this evening."],
  ["yuki", "Can we also get a warning when a disk is over 80 percent?"],
  ["mara", "Good idea. Decision: we alert at 80 percent from now on."],
  ["yuki", "The new checkout page went live at noon. Conversion looks better on phones."],
  ["ines", "Great! Customers in Lisbon still report that the payment page is slow."],
  ["yuki", "Which payment method is slow, card or transfer?"],
  ["ines", "Card payments, about nine seconds. I collect the traces until Friday."],
  ["tomas", "Snapshots are deleted, the backup of the orders database works again."],
  ["ines", "We agreed to ship the new price list on Monday."],
];

/** Three messages within minutes, then two quiet hours. */
const talkedAt = (i: number) => Date.now() - (Math.floor(i / 3) * 2.1 + (i % 3 + 1) * 0.03) * HOUR;

/** Half a day of a team's talk. */
async function seedConversations(send: Send): Promise<void> {
  const messages = TALK.map(([username, message], i) => ({
    id: `demo-${i}`,
    username,
    message,
    timestamp: new Date(talkedAt(TALK.length - i)).toISOString(),
  }));
  await send("POST", "/api/conversations/ops/messages", { messages, public: true });
}

/** What is there before anything happens, in all areas. */
export async function seedAll(send: Send): Promise<void> {
  for (const seed of [seedChannels, seedSeries, seedRoof, seedSessions, seedApps, seedConversations]) {
    await seed(send);
  }
}

/** What happens in one second. */
export async function tick(send: Send, i: number): Promise<void> {
  await tickChannels(send, i);
  await tickRoof(send, i);
  await send("POST", "/user/batches", session(Date.now() - Math.random() * HOUR));
  if (i % 8 === 0) await send("POST", "/event/coffeeshop", [action(Date.now())]);
}
