/**
 * What of a message its writer wrote for this conversation: no pasted code or logs, no quoted mail, no signature.
 * Signatures and quotes are recognised by their form, as in Carvalho and Cohen (2004), not by who writes.
 */

/** What a message is, as far as its form tells. Only "prose" can be about something. */
export type MessageKind = "prose" | "courtesy" | "automatic" | "log" | "code" | "empty";

const fenced = /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)/gu;
const slackLink = /<(?:https?:|mailto:)[^<>|\s]*\|([^<>]*)>/gu;
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};
const quoted = /^\s*(?:(?:[\w.]{0,12})?[>|]|>{2,}|&gt;)/u;
const attribution =
  /^.{0,200}\b(?:wrote|writes|said|schrieb|écrit|a écrit|escribió|ha scritto)\s?:\s*$|^\s*-{2,}\s?(?:original message|ursprüngliche nachricht|message d'origine|forwarded message)/iu;
const mailHeader =
  /^\s*(?:from|to|cc|sent|date|subject|reply-to|von|an|gesendet|betreff|de|à|envoyé|objet):\s\S/iu;
const signatureMark = /^\s*(?:--\s*|_{6,}|={6,}|\*{6,}|-{6,}|~{6,})$/u;
const closing =
  /(?:^|[.!?)\s])(?:(?:(?:with )?(?:kind|best|warm|many|my) )?(?:regards|wishes)|cheers|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|thanks(?: in advance| a lot| again| very much)?|thank you|(?:mit )?(?:freundliche[nr]?|viele|liebe|beste|schöne) gr(?:ü|ue)(?:ß|ss)en?|cordialement|(?:bien|très) (?:cordialement|à vous)|bien à (?:vous|toi)|sincères salutations|amicalement|mfg)\s*[,.!]*\s*$/iu;
const inlineClosing =
  /[.!?)>"]\s+(?:(?:(?:with )?(?:kind|best|warm) )?regards|best wishes|cheers|sincerely|thanks|thank you|(?:mit )?(?:freundliche[nr]?|viele|liebe|beste) gr(?:ü|ue)(?:ß|ss)en?|cordialement|amicalement)\s*[,.!-]*\s+(?=\p{Lu}|-)/giu;

const logLine =
  /^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|at [\w.$<>]+\s?\(|File "[^"]*", line \d+|Traceback \(|(?:ERROR|WARN|INFO|DEBUG|TRACE|FATAL)\b[\s:\[]|Caused by:|[$#%]\s\S|\+{3}\s|-{3}\s\S|@@\s|\w+\[\d+\]:|0x[0-9a-f]{4,})/u;
const codeMark =
  /[{};]\s*$|^\s*(?:import|from|const|let|var|def|class|public|private|func|fn|return|#include|package)\s.*[;:{(=]/u;
const shortestPaste = 3;

/** How many characters of an ASCII text are letters or spaces; all characters beyond ASCII count as letters. */
function countLetters(line: string): number {
  let letters = 0;
  for (let index = 0; index < line.length; index++) {
    const code = line.charCodeAt(index);
    const isLetter = code === 32 || code > 127 || (code | 32) >= 97 && (code | 32) <= 122;
    if (isLetter) letters++;
  }
  return letters;
}

function isCodeOrLog(line: string): boolean {
  if (logLine.test(line) || codeMark.test(line)) return true;
  return line.length >= 12 && countLetters(line) < line.length / 2;
}

function decodeEntities(text: string): string {
  return text.includes("&")
    ? text.replace(/&(amp|lt|gt|quot|apos|nbsp);/gu, (_, name) => entities[name]!)
    : text;
}

/** Lines up to the signature, without quotes and mail headers. */
function ownLines(lines: readonly string[]): string[] {
  const own: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (signatureMark.test(line) && index > 0) break;
    if (quoted.test(line) || attribution.test(line) || mailHeader.test(line)) continue;
    own.push(line);
    if (index > 0 && line.length < 60 && lines.length - index < 12 && closing.test(line)) break;
  }
  return own;
}

/** The text before a closing formula ("Kind regards, Ann Lee, Example Inc.") in the last part of a one-line mail. */
function beforeInlineClosing(text: string): string {
  for (const match of text.matchAll(inlineClosing)) {
    const rest = text.length - match.index - match[0].length;
    if (rest < Math.min(400, Math.max(60, text.length / 2))) return text.slice(0, match.index + 1);
  }
  return text;
}

/**
 * The part of a message that is its writer's own prose, one paragraph a line: fenced code, quotes, signatures, and three
 * or more lines of log or code are gone; links, mentions and emoji names stay. Slack's `<url|label>` becomes its label.
 */
export function ownProse(text: string): string {
  const unfenced = text.includes("```") || text.includes("~~~") ? text.replace(fenced, "\n") : text;
  const plain = decodeEntities(unfenced.includes("<") ? unfenced.replace(slackLink, "$1") : unfenced);
  if (!plain.includes("\n")) {
    return quoted.test(plain) && !plain.startsWith("|") ? "" : beforeInlineClosing(plain);
  }
  const own = ownLines(plain.split("\n"));
  const pasted = own.map(isCodeOrLog);
  const prose = pasted.filter(Boolean).length >= shortestPaste ? own.filter((_, line) => !pasted[line]) : own;
  return prose.join("\n");
}

const joined =
  /^(?:<@\w+>|\S+)\s+(?:has |hat |est |a )?(?:joined|left|added|removed|set the (?:channel|topic)|archived|renamed|rejoint|quitté|quit\b|beigetreten|verlassen)/iu;
const command = /^\s*(?:[!/][a-z][\w-]*(?:\s|$)|s\/[^/]+\/[^/]*\/?g?\s*$)/u;
const botName = /(?:^|[\s._-])bot\d*$|(?<!ro|ab|tal)(?<=[a-z]{3})bot$|\[bot\]|[a-z]Bot$|^slackbot$|^webhook/u;

/** Whether a name is that of a program by its form: "statusbot", "CI[bot]", "webhook". */
export function isBotName(user: string): boolean {
  return botName.test(user);
}

/** Whether the text is a command to a program: "!log", "/invite ann", "s/tow/two/". */
export function isCommand(text: string): boolean {
  return command.test(text);
}

/** Whether the text is a command to a program, or says that somebody joined or left. */
export function isHousekeeping(text: string): boolean {
  return isCommand(text) || (text.length < 200 && joined.test(text));
}

/** Whether a program wrote the message: a name that ends in "bot", "Ann has joined the channel", a command to a bot, or "s/tow/two/". */
export function isAutomatic(text: string, user = ""): boolean {
  return isBotName(user) || isHousekeeping(text);
}

/** What a message is by its form, given its own prose and whether that says anything beside fillers. */
export function kindOf(text: string, prose: string, saysSomething: boolean): MessageKind {
  if (/\p{L}|\p{N}/u.test(text) === false) return "empty";
  if (saysSomething) {
    const single = !prose.includes("\n") && isCodeOrLog(prose);
    return single ? (logLine.test(prose) ? "log" : "code") : "prose";
  }
  if (prose.trim() !== "") return "courtesy";
  return text.includes("```") || text.includes("~~~") ? "code" : "log";
}
