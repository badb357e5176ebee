/** Made-up days of chat, for benchmarks: the same seed gives the same messages. */
import type { Message } from "../../domain/conversations/analysis/mod.ts";

/** Function words, and syllables from which the other words are made, by language. */
const material: Readonly<Record<string, { readonly small: string; readonly syllables: string }>> = {
  en: {
    small:
      "the of and a to in is you that it he was for on are as with his they at be this have from or one had by but not",
    syllables:
      "con ter pro ver tion al ing er ly ment re de ex per sub in com ness able ic port form struct serv net log",
  },
  fr: {
    small:
      "le la les de des un une et à est en que qui dans pour pas sur au avec ce il elle nous vous sont mais ou donc",
    syllables:
      "ser veur ré seau tion ment eur euse age iste com pro dé con trans port lance fiche base mise jour ique",
  },
  de: {
    small:
      "der die das und ist in zu den mit nicht von sie auf für im dem ein eine als auch es an werden aus er hat dass",
    syllables:
      "ver bin dung ser ung keit heit lich auf gabe daten bank netz werk ab lauf zeit plan stand ort lager schaft",
  },
};

/** Languages in which days can be made. */
export const languages: readonly string[] = Object.keys(material);

/** Mulberry32 (T. Ettinger 2017): a number from 0 to 1 at each call. */
function randomNumbers(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A vocabulary of 12,000 words, the same for all days of a language. */
function vocabulary(syllables: readonly string[]): string[] {
  const random = randomNumbers(7);
  const pick = () => syllables[Math.floor(random() * syllables.length)]!;
  return Array.from(
    { length: 12_000 },
    () => Array.from({ length: 2 + Math.floor(random() * 3) }, pick).join(""),
  );
}

/**
 * A day of `size` messages by 40 users, 1 to 30 words each (16 on average), 45 % of them function words, the others drawn
 * by Zipf's law.
 */
export function generateDay(size: number, seed: number, language = "en"): Message[] {
  const small = material[language]!.small.split(" ");
  const words = vocabulary(material[language]!.syllables.split(" "));
  const random = randomNumbers(seed);
  const word = () =>
    random() < 0.45
      ? small[Math.floor(random() * small.length)]!
      : words[Math.floor(words.length ** random()) - 1]!;
  const sentence = (length: number) =>
    `${Array.from({ length }, word).join(" ")}${random() < 0.2 ? "?" : "."}`;
  return Array.from({ length: size }, () => ({
    user: `user${Math.floor(random() * 40)}`,
    text: Array.from({ length: 1 + Math.floor(random() * 2) }, () => sentence(1 + Math.floor(random() * 20)))
      .join(" "),
  }));
}
