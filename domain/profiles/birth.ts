/**
 * Ages. A date of birth is stored, and the age counted when it is read. So that the counters by date can be read
 * without reading each date, three fields keep it: the year, the month before the year, the day before the year.
 */

/** The fields that keep a date of birth; values are "YYYY", "MM-YYYY" and "MM-DD-YYYY". */
export const BIRTH_FIELDS = ["birthYear", "birthMonth", "birthDay"] as const;

const OLDEST = 150;

/**
 * The fields of a date of birth, or undefined when there is no such day, it is still to come, or it is too long ago.
 * `now`: milliseconds since the epoch.
 */
export function birthFields(
  year: number,
  month: number,
  day: number,
  now: number,
): Record<typeof BIRTH_FIELDS[number], string> | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day;
  if (!isDay || date.getTime() > now || new Date(now).getUTCFullYear() - year > OLDEST) return undefined;
  const [birthMonth, birthDay] = [two(month), `${two(month)}-${two(day)}`];
  return { birthYear: `${year}`, birthMonth: `${birthMonth}-${year}`, birthDay: `${birthDay}-${year}` };
}

/** The age in whole years, in UTC, of who was born on a day "MM-DD-YYYY". */
export function ageOn(now: number, birthDay: string): number {
  const today = new Date(now);
  const hadBirthday = birthDay.slice(0, 5) <= monthAndDay(today);
  return today.getUTCFullYear() - Number(birthDay.slice(6)) - (hadBirthday ? 0 : 1);
}

/**
 * Ranges of the birth fields to count by year (their last four characters): everybody, and then those whose birthday
 * is still to come this year, first those of later months, then those of later days of this month.
 */
export function birthRanges(now: number): [field: string, from: string, to: string][] {
  const today = monthAndDay(new Date(now));
  const month = today.slice(0, 2);
  return [
    ["birthYear", "0", ":"],
    ["birthMonth", `${month}.`, ":"],
    ["birthDay", `${today}.`, `${month}.`],
  ];
}

/** How many have each age, from the counts of `birthRanges`. */
export function countByAge(
  now: number,
  counts: readonly (readonly [range: number, year: string, n: number])[],
): Map<number, number> {
  const thisYear = new Date(now).getUTCFullYear();
  const ages = new Map<number, number>();
  const add = (age: number, n: number) => ages.set(age, (ages.get(age) ?? 0) + n);
  for (const [range, year, n] of counts) {
    const age = thisYear - Number(year);
    add(age, range === 0 ? n : -n);
    if (range > 0) add(age - 1, n);
  }
  return new Map([...ages].filter(([, n]) => n > 0));
}

const two = (value: number) => String(value).padStart(2, "0");

function monthAndDay(date: Date): string {
  return `${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}
