/** Who will do what an action says: its writer, the person whom it is said to, or the person whom it names. */
import { addressIn, answeredBy, type Dialogue } from "./answers.ts";

/** A statement, and where it stands. */
interface Said {
  readonly message: number;
  readonly text: string;
  readonly user: string;
}

/** "You should", "could you": what somebody else is to do. */
const asksOther =
  /(?<!\p{L})(?:you (?:\p{L}+ ){0,4}(?:must|should|need to|have to|ought to)|(?:could|can|would|will) you|i['’]ll (?:put|mark|sign) you (?:down|up)|(?:peux|pourrais)-tu|(?:pouvez|pourriez)-vous|(?:kannst|könntest|solltest|musst) du|(?:puedes|podrías|tienes que|debes)) /iu;

/** "Ann to file a ticket", "[ACTION] Ann will ask": as minutes say who does what. */
const assigned =
  /^(?:[[#]?(?:action|todo)(?:\]|:|\s)\s*|[-*•]\s+)?@?([\p{L}\p{N}][^\s:,]+)(?:,? (?:and|&|et|und|y) @?[^\s:,]+)? (?:to|will|shall|va|doit|wird|soll|va a|debe) \p{L}+/iu;

/** "…, ann?": whom a request names at its end. */
const vocative = /,\s*@?([^\s,]{1,60}?)\s*[.?!]*$/u;
const mention = /(?<!\S)@([^\s:,.?!]+)/u;

function personIn(text: string, pattern: RegExp, people: Dialogue["people"]): string | undefined {
  const name = pattern.exec(text)?.[1];
  return name === undefined ? undefined : people.get(name.toLowerCase());
}

/** The person of whom a statement says that they will do something; undefined where it names nobody who writes here. */
export function assigneeIn(text: string, people: Dialogue["people"]): string | undefined {
  return text.endsWith("?") ? undefined : personIn(text, assigned, people);
}

/** Who will do what the action says. */
export function doerOf({ message, text, user }: Said, dialogue: Dialogue): string {
  const { messages, people } = dialogue;
  const assignee = assigneeIn(text, people);
  if (assignee !== undefined) return assignee;
  if (!asksOther.test(text)) return user;
  const addressed = addressIn(messages[message]!.text, people)?.person ?? personIn(text, mention, people) ??
    personIn(text, vocative, people);
  if (addressed !== undefined) return addressed;
  const other = answeredBy(message, dialogue);
  return other < 0 ? user : messages[other]!.user;
}
