/** JSON whose whole numbers are exact: those beyond 2^53, which JSON.parse rounds, are bigints on this side. */
import { newName } from "./bulk.ts";

/** Finds a whole number of 16 digits or more in compact JSON; one inside a text is taken for one, too. */
const LONG = /[:,[]-?\d{16,}[,}\]]|^-?\d{16,}$/;
/** Texts and numbers, so that digits inside a text or a float are not taken for a whole number. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** Reads compact JSON, as Runnel writes it. */
export function parseExact<T>(text: string): T {
  if (!LONG.test(text)) return JSON.parse(text);
  // No text begins with it, so what does is a number.
  const mark = newName();
  const marked = text.replace(
    TOKENS,
    (token) =>
      /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  return JSON.parse(
    marked,
    (_, value) =>
      typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/** Writes JSON, bigints as whole numbers. */
export function exactJson(value: unknown): string {
  try {
    // Without bigints, which it refuses, it takes a fraction of the time.
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  const mark = newName();
  let hasBigints = false;
  const text = JSON.stringify(value, (_, cell) => {
    if (typeof cell !== "bigint") return cell;
    hasBigints = true;
    return `${mark}${cell}`;
  });
  return hasBigints ? text.replace(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1") : text;
}
