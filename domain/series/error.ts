/**
 * What is wrong with a time series that somebody sent or asked for, in words for the person who did. The
 * message names the place (position, column, row) and what would be right. Whoever catches it answers 400.
 */
export class SeriesError extends Error {
  override readonly name = "SeriesError";
}

/** Quotes a text for a message, cut to 60 characters so that a hostile body cannot fill the answer. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
