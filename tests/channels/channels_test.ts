import { deepEqual, equal, match } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

testOnBothEngines("the published description's first steps work", async (app) => {
  const created = await app.send("POST", "/channel", { name: "stumptown" });
  equal(created.status, 201);
  equal(created.headers.get("location"), "http://datahub:8080/channel/stumptown");
  deepEqual(await created.json(), {
    _links: {
      self: { href: "http://datahub:8080/channel/stumptown" },
      latest: { href: "http://datahub:8080/channel/stumptown/latest" },
      earliest: { href: "http://datahub:8080/channel/stumptown/earliest" },
      ws: { href: "ws://datahub:8080/channel/stumptown/ws" },
      events: { href: "http://datahub:8080/channel/stumptown/events" },
    },
    name: "stumptown",
    creationDate: "2026-01-02T03:04:05.678Z",
    ttlMillis: 10368000000,
  });

  const inserted = await app.request("/channel/stumptown", {
    method: "POST",
    body: "your content here",
    headers: { "Content-Type": "text/plain" },
  });
  equal(inserted.status, 201);
  const { id, timestamp, _links } = await inserted.json();
  match(id, /^[0-9A-V]{16}$/);
  equal(timestamp, "2026-01-02T03:04:05.678Z");
  equal(_links.self.href, `http://datahub:8080/channel/stumptown/${id}`);
  equal(inserted.headers.get("location"), _links.self.href);

  const latest = await app.request("/channel/stumptown/latest");
  equal(latest.status, 303);
  equal(latest.headers.get("location"), _links.self.href);

  const item = await app.request(`/channel/stumptown/${id}`);
  equal(item.status, 200);
  equal(item.headers.get("content-type"), "text/plain");
  equal(item.headers.get("creation-date"), "2026-01-02T03:04:05.678Z");
  equal(item.headers.get("link"), null);
  equal(await item.text(), "your content here");
});
