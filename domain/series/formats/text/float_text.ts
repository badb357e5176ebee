/** Floats as text with a number of decimals that was asked for; ascii.ts has the fast way for ten. */

/** Room for the longest text: 17 digits and a point of 10^16, sign and decimals. */
export const FLOAT_BYTES = 40;

/**
 * A float as pandas' ujson writes it with `double_precision` of 0 to 15 (see putFloat for the rule), or with `full` the
 * shortest text that reads back as the same double. Without decimals there is no point either. Null unless finite.
 */
export function floatText(value: number, precision: number | "full"): string {
  if (!Number.isFinite(value)) return "null";
  if (precision === "full") return shortest(value);
  const size = Math.abs(value), power = 10 ** precision, sign = value < 0 ? "-" : "";
  if (size > 1e16 || (size < 1e-15 && size !== 0)) return general(value, Math.max(precision, 1));
  let whole = Math.floor(size);
  const scaled = (size - whole) * power;
  let fraction = Math.floor(scaled);
  const rest = scaled - fraction;
  if (rest > 0.5 || (rest === 0.5 && (fraction === 0 || fraction % 2 === 1))) fraction++;
  if (fraction >= power) {
    fraction = 0;
    whole++;
  }
  if (precision === 0) return `${sign}${BigInt(whole)}`;
  const decimals = String(fraction).padStart(precision, "0").replace(/0+$/, "");
  return `${sign}${BigInt(whole)}.${decimals || "0"}`;
}

/** A whole one keeps `.0`, so that it reads as a float. */
function shortest(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** C's printf("%.{digits}g") for magnitudes where it uses an exponent. */
function general(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${short}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
