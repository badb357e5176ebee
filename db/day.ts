/** A day, in milliseconds: every day has as many, because all times are UTC and leap seconds do not count. */
export const DAY_MS = 86_400_000;
