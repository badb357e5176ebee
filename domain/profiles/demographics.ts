/** What social services call things, and what Runnel makes of it. What is missing or malformed is skipped. */
import { birthFields } from "./birth.ts";

/** The fields of a profile, as they are shown. `age` is kept as the date of birth, see birth.ts. */
export const DEMOGRAPHICS = [
  "age",
  "country",
  "gender",
  "language",
  "locale",
  "location",
  "timezone",
] as const;

/** Longest value of a field, in characters. */
const MAX_VALUE = 200;

type Json = Readonly<Record<string, unknown>>;
type Found = Readonly<Record<string, string | undefined>>;

const english = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

const READERS: Readonly<Record<string, (fields: Json, now: number) => Found>> = {
  facebook: (fields, now) => ({
    ...bornOn(
      /^(?<month>\d\d?)\/(?<day>\d\d?)\/(?<year>\d{4})$/.exec(text(fields.birthday) ?? "")?.groups,
      now,
    ),
    gender: text(fields.gender),
    language: joined(fields.languages),
    locale: text(fields.locale),
    location: text(object(fields.location).name),
    timezone: offset(fields.timezone),
  }),
  flickr: (fields) => ({
    ...place(text(object(fields.location)._content)),
    timezone: text(object(fields.timezone).offset),
  }),
  github: (fields) => ({ location: text(fields.location) }),
  linkedin: (fields, now) => {
    const { name, country } = object(fields.location);
    return {
      ...bornOn(object(fields.dateOfBirth), now),
      location: text(name),
      country: text(object(country).code)?.toUpperCase(),
    };
  },
  twitter: (fields, now) => ({
    ...bornOn(object(fields.dateOfBirth), now),
    // The service itself calls it `lang`.
    language: languageName(text(fields.lang) ?? text(fields.language)),
    location: text(fields.location),
  }),
};

/** What a service's fields say of a person; unknown services say nothing. `now`: milliseconds since the epoch. */
export function readDemographics(service: string, fields: Json, now: number): Record<string, string> {
  if (!Object.hasOwn(READERS, service)) return {};
  const found = Object.entries(READERS[service]!(fields, now));
  return Object.fromEntries(found.filter((entry): entry is [string, string] => isValue(entry[1])));
}

/** The text of a field, without white space around it; decoded where the text is itself a JSON string. */
export function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  if (!/^".*"$/s.test(trimmed)) return trimmed;
  try {
    return String(JSON.parse(trimmed)).trim();
  } catch {
    return trimmed;
  }
}

/** "unknown" would be taken for the count of those who have no value. */
function isValue(value: string | undefined): boolean {
  return value !== undefined && value.length > 0 && value.length <= MAX_VALUE && !/\p{Cc}/u.test(value) &&
    value.isWellFormed() && value.toLowerCase() !== "unknown";
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? value as Json : {};
}

function bornOn(date: Json | undefined, now: number): Found {
  const [year, month, day] = [date?.year, date?.month, date?.day].map(wholeNumber);
  if (year === undefined || month === undefined || day === undefined) return {};
  return birthFields(year, month, day, now) ?? {};
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  const digits = text(value);
  return digits !== undefined && /^\d{1,4}$/.test(digits) ? Number(digits) : undefined;
}

/** Names joined by a bar. */
function joined(languages: unknown): string | undefined {
  if (!Array.isArray(languages)) return undefined;
  return languages.slice(0, MAX_VALUE).map((language) => text(object(language).name)).filter(Boolean).join(
    "|",
  );
}

/** Hours to UTC as "-5:00"; a fraction of an hour as minutes, "5:30". */
function offset(timezone: unknown): string | undefined {
  const hours = typeof timezone === "string" ? Number(text(timezone) || NaN) : timezone;
  if (typeof hours !== "number" || !(Math.abs(hours) <= 14)) return undefined;
  const minutes = Math.round(Math.abs(hours % 1) * 60);
  return `${hours < 0 ? "-" : ""}${Math.trunc(Math.abs(hours))}:${String(minutes).padStart(2, "0")}`;
}

/** "Chicago, IL, USA": the place before the first comma, the country after the last. */
function place(content: string | undefined): Found {
  const parts = content?.split(",").map((part) => part.trim()) ?? [];
  const country = parts.length > 1 ? parts.at(-1) : undefined;
  return { location: parts[0], country: country === "USA" ? "US" : country };
}

function languageName(code: string | undefined): string | undefined {
  try {
    return code === undefined ? undefined : english.of(code.replaceAll("_", "-"));
  } catch {
    return undefined;
  }
}
