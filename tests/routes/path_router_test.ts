import { deepEqual, equal, throws } from "../support/assert.ts";
import { TrieRouter } from "hono/router/trie-router";
import { ROUTES } from "../../routes/app.ts";
import { PathRouter } from "../../routes/routing/path_router.ts";
import { METHODS } from "../../routes/route.ts";

/** Parts that are words of some route, match a pattern, are an id, are nothing, or look like what a language knows. */
const PARTS = [
  "channel",
  "latest",
  "keys",
  "time",
  "2026",
  "day",
  "news",
  "0006D2R5QJG00000",
  "",
  "__proto__",
];

/** All paths of up to so many parts. */
function* paths(parts: number): Generator<string> {
  for (const part of PARTS) {
    yield `/${part}`;
    if (parts > 1) { for (const rest of paths(parts - 1)) yield `/${part}${rest}`; }
  }
}

Deno.test("the router finds the route and the parameters that Hono's own finds first", () => {
  const own = new PathRouter<string>(), theirs = new TrieRouter<string>();
  for (const { method, path } of ROUTES) {
    own.add(method, path, `${method} ${path}`);
    theirs.add(method, path, `${method} ${path}`);
  }
  const templates = ROUTES.map(({ path }) => path.replaceAll(/:\w+(\{\S+?\})?/g, "x"));
  const asked = [...templates, ...paths(3), ...[...paths(2)].flatMap((rest) => `/channel/news${rest}`)];
  for (const path of asked) {
    for (const method of METHODS) {
      const [found] = own.match(method, path)[0], [wanted] = theirs.match(method, path)[0];
      equal(found?.[0], wanted?.[0], `${method} ${path}`);
      deepEqual({ ...found?.[1] as object }, { ...wanted?.[1] as object }, `${method} ${path}`);
    }
  }
});

Deno.test("the router answers several handlers of one path in their order, and a word before a parameter", () => {
  const router = new PathRouter<string>();
  for (const name of ["first", "second"]) router.add("GET", "/", name);
  router.add("GET", "/:any", "parameter");
  router.add("GET", "/word", "word");
  const found = (path: string) => router.match("GET", path)[0].map(([name]) => name);
  deepEqual(found("/"), ["first", "second"]);
  deepEqual(found("/word"), ["word"]);
  deepEqual(found("/words"), ["parameter"]);
  deepEqual(found("/word/"), []);
});

Deno.test("a route that ends in /* is found where no other is, below its own words", () => {
  const router = new PathRouter<string>();
  router.add("GET", "/pages/*", "rest");
  router.add("GET", "/pages/one/:part", "part");
  const found = (path: string) => router.match("GET", path)[0].map(([name]) => name);
  deepEqual(found("/pages/one/a"), ["part"]);
  for (const path of ["/pages/", "/pages/two", "/pages/one", "/pages/one/a/b"]) {
    deepEqual(found(path), ["rest"], path);
  }
  for (const path of ["/pages", "/page/two", "/"]) deepEqual(found(path), [], path);
  deepEqual(router.match("POST", "/pages/two")[0], []);
});

Deno.test("the router refuses what it would not find: wildcards within, optional parts, handlers of all methods", () => {
  const router = new PathRouter<string>();
  for (const path of ["/*/a", "/a*", "/a/:b?", "/a{b}"]) throws(() => router.add("GET", path, ""), path);
  throws(() => router.add("ALL", "/a", ""));
});
