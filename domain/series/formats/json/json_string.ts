const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** A string that was read, and the offset after its closing quote; or what is wrong, and where. */
export interface Unescaped {
  value: string;
  end: number;
  wrong?: string;
}

/**
 * Reads a JSON string (RFC 8259, section 7) that has escapes: its content begins at `start`, the first
 * backslash is at `firstEscape`. Lone surrogates are wrong.
 */
export function unescapeString(text: string, start: number, firstEscape: number): Unescaped {
  let value = text.slice(start, firstEscape);
  for (let at = firstEscape; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const wrong = value.isWellFormed() ? undefined : "the string that ends here holds a lone surrogate";
      return wrong ? { value, end: at, wrong } : { value, end: at + 1 };
    }
    if (char < " ") {
      return { value, end: at, wrong: "a control character stands in a string: write it as an escape" };
    }
    if (char !== "\\") {
      value += char;
      continue;
    }
    const letter = text[++at] ?? "";
    const hex = text.slice(at + 1, at + 5);
    if (letter === "u" && /^[0-9a-fA-F]{4}$/.test(hex)) {
      value += String.fromCharCode(parseInt(hex, 16));
      at += 4;
    } else if (Object.hasOwn(ESCAPES, letter)) value += ESCAPES[letter];
    else return { value, end: at - 1, wrong: `"\\${letter}" is not an escape that JSON knows` };
  }
  return { value, end: start - 1, wrong: "the string that starts here has no end" };
}
