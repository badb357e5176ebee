import { equal } from "node:assert/strict";
import { z } from "zod";
import fc from "fast-check";
import { Hono } from "hono";
import { LRUCache } from "lru-cache";
import { Command } from "commander";
import { chromium } from "playwright-core";
Deno.test("x", () => {
  equal(typeof z.object, "function");
  equal(typeof fc.assert, "function");
  equal(typeof [Hono, LRUCache, Command, chromium], "object");
});
