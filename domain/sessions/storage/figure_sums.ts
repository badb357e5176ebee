/** Adding up what sessions add to the figures: by sorting, which takes a quarter of the time of maps of maps. */
import type { DurationRow, FigureRow } from "../../../db/sessions/figures.ts";
import { type Contribution, INCONSISTENT, OPEN } from "../../../db/sessions/format/ledger.ts";
import { QUARTERS_A_DAY } from "./changes.ts";
import { placesUpTo, sortedBy } from "./radix_sort.ts";

/** Relative error of a duration that is read from the histogram. */
export const DURATION_ERROR = 0.01;
const GAMMA = (1 + DURATION_ERROR) / (1 - DURATION_ERROR), LN_GAMMA = Math.log(GAMMA);
const ZERO_BUCKET = -1;
/** More than there are buckets. */
const BUCKETS = 4096;
/** More than there are quarters of an hour, or days, in which a session may start. */
const QUARTERS = 2 ** 23;

/** All durations of one bucket lie within DURATION_ERROR of its middle. 0 has its own. */
export function bucketOf(duration: number): number {
  return duration === 0 ? ZERO_BUCKET : Math.ceil(Math.log(duration) / LN_GAMMA);
}
/** The middle of a bucket, in microseconds. */
export const middleOf = (index: number): number => index < 0 ? 0 : 2 * GAMMA ** index / (GAMMA + 1);

/** Rows of figures that contributions add up to. */
export interface Sums {
  readonly figures: FigureRow[];
  readonly durations: DurationRow[];
}

/** Adds contributions up. */
export function sumsOf(contributions: readonly Contribution[]): Sums {
  const countries = [...new Set(contributions.map(({ country }) => country))];
  const placeOf = new Map(countries.map((country, place) => [country, place]));
  const countryOf = Float64Array.from(contributions, ({ country }) => placeOf.get(country)!);
  return {
    figures: figureRows(contributions, countries, countryOf),
    durations: durationRows(contributions, countries, countryOf),
  };
}

/** By country and quarter of an hour, and from these by country and day. */
function figureRows(
  contributions: readonly Contribution[],
  countries: readonly string[],
  countryOf: Float64Array,
): FigureRow[] {
  const keys = countryOf.map((country, i) => country * QUARTERS + contributions[i]!.quarter);
  const places = sortedBy(keys, placesUpTo(keys.length)), rows: FigureRow[] = [];
  let day = -1, dayCountry = -1, ofDay = [0, 0, 0, 0];
  const endDay = () => {
    if (dayCountry >= 0) rows.push([0, countries[dayCountry]!, day, ...ofDay]);
    ofDay = [0, 0, 0, 0];
  };
  for (let from = 0; from < places.length;) {
    const key = keys[places[from]!]!,
      country = Math.floor(key / QUARTERS),
      quarter = key - country * QUARTERS;
    const counts = [0, 0, 0, 0];
    for (; from < places.length && keys[places[from]!] === key; from++) {
      addTo(counts, contributions[places[from]!]!);
    }
    if (country !== dayCountry || Math.floor(quarter / QUARTERS_A_DAY) !== day) {
      endDay();
      dayCountry = country;
      day = Math.floor(quarter / QUARTERS_A_DAY);
    }
    for (let i = 0; i < counts.length; i++) ofDay[i]! += counts[i]!;
    rows.push([1, countries[country]!, quarter, ...counts]);
  }
  endDay();
  return rows;
}

/** Open, completed, inconsistent, and the duration of those that are completed. */
function addTo(counts: number[], { duration, sign }: Contribution): void {
  counts[duration === OPEN ? 0 : duration === INCONSISTENT ? 2 : 1]! += sign;
  if (duration >= 0) counts[3]! += sign * duration;
}

/** By country, day and bucket, and the same of all countries. */
function durationRows(
  contributions: readonly Contribution[],
  countries: readonly string[],
  countryOf: Float64Array,
): DurationRow[] {
  const completed = placesUpTo(contributions.length).filter((i) => contributions[i]!.duration >= 0);
  const keys = new Float64Array(contributions.length);
  for (const i of completed) {
    const { quarter, duration } = contributions[i]!, day = Math.floor(quarter / QUARTERS_A_DAY);
    keys[i] = (countryOf[i]! * QUARTERS + day) * BUCKETS + bucketOf(duration) - ZERO_BUCKET;
  }
  const places = sortedBy(keys, completed), rows: DurationRow[] = [], all = new Map<number, number>();
  for (let from = 0; from < places.length;) {
    const key = keys[places[from]!]!, country = Math.floor(key / (QUARTERS * BUCKETS));
    const place = key - country * QUARTERS * BUCKETS;
    let n = 0;
    for (; from < places.length && keys[places[from]!] === key; from++) {
      n += contributions[places[from]!]!.sign;
    }
    rows.push(durationRow(countries[country]!, place, n));
    all.set(place, (all.get(place) ?? 0) + n);
  }
  for (const [place, n] of all) rows.push(durationRow("", place, n));
  return rows;
}

const durationRow = (country: string, place: number, n: number): DurationRow => [
  country,
  Math.floor(place / BUCKETS),
  place % BUCKETS + ZERO_BUCKET,
  n,
];
