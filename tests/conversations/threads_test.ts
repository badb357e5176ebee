import * as assert from "../support/assert.ts";
import { replyLinks, threadsOf } from "../../domain/conversations/recap/threads.ts";
import { Tokens } from "../../domain/conversations/recap/links/tokens.ts";

type Said = readonly [user: string, text: string, more?: { thread?: string; replyTo?: string }];

const channel = (said: readonly Said[]) =>
  said.map(([user, text, more], index) => ({ id: `m${index}`, user, text, time: index * 30_000, ...more }));

Deno.test("replyLinks() follows whom a message addresses through two conversations at once", () => {
  const links = replyLinks(channel([
    ["ann", "hi, my printer prints every page twice, any idea?"],
    ["carl", "hello all, how do I mount a samba share?"],
    ["bob", "ann: which driver does the printer have?"],
    ["dora", "carl: with mount -t cifs"],
    ["ann", "bob: the one from cups"],
    ["carl", "dora: thanks, that did it"],
  ]));
  assert.deepEqual([...links], [-1, -1, 0, 1, 2, 3]);
  assert.deepEqual(threadsOf(links), [[0, 2, 4], [1, 3, 5]]);
});

Deno.test("replyLinks() believes the source's threads and replies whatever the texts say", () => {
  const links = replyLinks(channel([
    ["ann", "is the build broken?", { thread: "m0" }],
    ["bob", "lunch, anybody?"],
    ["carl", "yes, in ten minutes", { thread: "m0" }],
    ["dora", "I come along", { replyTo: "m1" }],
    ["bob", "ann: which build?"],
  ]));
  assert.deepEqual([...links].slice(0, 4), [-1, -1, 0, 1]);
  assert.ok(
    links[4] === 1 || links[4] === -1 || links[4] === 3,
    "no message outside joins the source's thread",
  );
});

Deno.test("replyLinks() takes nothing, empty texts and strange names", () => {
  assert.equal(replyLinks([]).length, 0);
  const links = replyLinks(channel([["", ""], ["__proto__", "constructor"], ["名前", "😀"], ["", "\u0000"]]));
  assert.ok([...links].every((link, index) => link < index));
});

Deno.test("Tokens cuts texts where white space does, makes each token once, and forgets beyond its capacity", () => {
  const made: string[] = [];
  const tokens = new Tokens((raw) => made.push(raw) && raw.toUpperCase(), 4);
  const text = " ann:\tthe caf\u00e9\u00a0the\u3000\ud83d\ude00\n";
  const expected = text.trim().split(/\s+/u).map((raw) => raw.toUpperCase());
  assert.deepEqual([tokens.read(text), tokens.read(text)], [expected, expected]);
  assert.deepEqual(made, ["ann:", "the", "caf\u00e9", "\ud83d\ude00"]);
  assert.deepEqual(tokens.read("a b ann: c d the"), ["A", "B", "ANN:", "C", "D", "THE"]);
  assert.deepEqual([tokens.read(""), tokens.read(" \n")], [[], []]);
});
