/** What a statement is for somebody who was away, by the words that people use for it. */
import { type Language } from "../../text/language.ts";

/** All kinds of statements. */
export const POINT_KINDS = [
  "event",
  "decision",
  "action",
  "question",
  "answer",
  "cause",
  "resolution",
] as const;

/** What a statement is: something that happened unless its words say more. */
export type PointKind = typeof POINT_KINDS[number];

const particular: ReadonlySet<PointKind> = new Set(["decision", "action", "cause", "resolution"]);

/** Whether a kind says more than that something was said, asked or answered. */
export function isParticular(kind: PointKind): boolean {
  return particular.has(kind);
}

/** A pattern that begins at the beginning of a word, without case. */
const words = (...sources: string[]): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${sources.join("|")})`, "iu");

/** What "I'll" goes on with where it says only where somebody is. */
const whereabouts = "be (?:around|at|available|away|back|in|late|off|on|out|there)\\b";
/** What "I'll" goes on with where nothing will be done: a decision. */
const refraining = "(?:leave|skip|drop|postpone|defer|hold off)\\b";

const actions = words(
  `i(?:'|’)?ll (?!${whereabouts}|${refraining}|say|bet|have to go|see you)\\w+`,
  `i (?:will|shall) (?!${whereabouts}|${refraining})\\w+`,
  "i(?:'|’)?m (?:going to|gonna|working on|looking (?:at|into)|on it)",
  "i am (?:going to|working on|looking (?:at|into))",
  "i (?:can|could) (?:take|do|handle|look|try|file|write|test|help|make|add|put|review|prepare)",
  "i(?:'|’)?d be happy to|i (?:don(?:'|’)?t mind|volunteer|plan to|intend to|want to (?:write|make|add|fix))",
  "let me (?:look|try|check|file|fix|write|see if|do|add|ask|find)",
  "please (?!note|let me know|see\\b|don|wait)\\p{L}+|(?:could|can|would) you (?:please |also |maybe |be able to |perhaps )*\\p{L}+(?!.*[?？])",
  "(?:merci de|peux-tu|pourrais-tu|pouvez-vous|bitte (?:noch )?\\p{L}+|kannst du|könntest du|por favor)(?!.*[?？])",
  "(?:action|todo|to do)\\b\\s?[:-]|action item|[[#](?:action|todo)\\b",
  "will (?:try|do|test|fix|check|file|look|add|write|review|merge|send|update|prepare|ask)\\b",
  "(?:needs?|has|have) to (?:be )?(?:done|fixed|reviewed|merged|tested|updated|written|look)",
  "j(?:e m)?['’]?\\s?(?:m['’])?(?:occupe|ajoute|envoie|enverrai|ajouterai)|je (?:m['’]en|me) (?:occupe|charge)",
  "je (?:vais|lance|prépare|préviens|mets|regarde|demande|fais|prends|corrige|crée|ferai|le dis|relis|vérifie)",
  "ich (?:\\p{L}+ )?(?:kümmere|übernehme|mache|richte|schaue|prüfe|kläre|schreibe|schicke|sage|bringe|erledige|frage|werde)",
  "kümmere ich mich|übernehme ich|kläre ich|mache ich|ich kann (?:den|die|das)",
  "(?:yo )?(?:voy a|me encargo|lo hago|haré|enviaré|revisaré|lo miro)",
);
const decisions = words(
  `i(?:(?:'|’)ll| will| shall) ${refraining}`,
  "(?:decision|décision|entscheidung|decisión|beschluss)\\s?:|[[#](?:agreed|accepted|decision|vote)\\b",
  "(?:we |i )?(?:have |has |was |been )?(?:decided|agreed)\\b|(?:in|we have) agreement|consensus",
  "let(?:'|’)?s (?!see|say|hope|start|begin|move|go on|get (?:going|start)|kick|continue|proceed|wrap|dive|jump|talk)\\p{L}+|we(?:'|’)?ll \\p{L}+|we (?:will|shall) (?!see)\\p{L}+",
  "we (?:should|can) (?:probably |just |then |now )?(?:table|wait|postpone|keep|drop|leave|close|merge|move|use|go|not)",
  "i(?:'|’)?m in favou?r|i(?:(?:'|’)d| would) (?:rather|prefer)|i (?:think|guess|suggest|propose|agree|prefer) (?:that )?(?:we\\b|to\\b|(?:this|it|that) should)",
  "(?<!to be )(?:rejected|accepted|approved|postponed|tabled|merge it|go ahead (?:and|with)|out of scope)|it is,? then|i(?:'|’)?m (?:leaning|inclined)|i (?:might |would |(?:'|’)d )?lean (?:toward|to)",
  "on (?:gèle|garde|revient|passe|reporte|décide|attend|part sur|fait|prend)|d['’]accord pour|je préfère|décidé|reporté",
  "wir (?:machen|nehmen|verschieben|bleiben|warten|lassen|entscheiden|einigen)|verschiebe|verschoben|beschlossen|entschieden|abgemacht|zugesagt|sage ich",
  "(?:decidimos|acordamos|quedamos en|vamos a|mejor (?:usamos|dejamos)|se (?:decide|aprueba))",
);
/** How minutes put a question to the vote. */
const vote = /^[[#]vote\b/iu;
/** Where somebody is or goes: nothing that is done for others. */
const presence = words(
  "brb|bbl|afk|be (?:right )?back|(?:have|got) to (?:go|run|leave)(?! (?:to|for|with|through))|gotta (?:go|run)|heading (?:out|home)|off to|good to go",
  "(?:lunch|dinner|breakfast|backlog|sleep|bed)(?!\\p{L})|check (?:it|that|this|them) out|glad (?:i|to)",
  "je (?:reviens|mange|pars)|bonne nuit|à table|bin (?:gleich|kurz) (?:da|weg|zurück)|mittagessen|feierabend|ahora vuelvo",
);
const norms = words(
  "should (?:be(?! able\\b)|go|live|stay|not|rather)|instead of|from now on|no longer",
  "i (?:think|guess|suggest|propose|agree|prefer) (?:that )?(?:this|it)",
);
const causes = words(
  "because|due to|caused? by|the (?:cause|reason|problem|issue) (?:is|was|seems|being)|root cause|turns? out",
  "that(?:'|’)?s why|the reason|so it (?:was|seems)|seems? (?:like|that)|i suspect|(?:comes?|came|resulted|results) from|it was (?:my|the|a)|culprit|blame",
  "parce qu|à cause|c['’]est (?:la|le|dû)|en raison|dû à|saturé|provoqué",
  "weil|wegen|liegt (?:an|daran)|grund (?:ist|war|dafür)|ursache|abgelaufen|das war ich",
  "porque|debido a|por culpa|el problema (?:es|era)|la causa",
);
const resolutions = words(
  "(?:is|are|was|were|been|now|got|it(?:'|’)?s|i(?:'|’)?ve|i) (?:now |just |all )?(?:fixed|resolved|solved|merged|closed|repaired)",
  "(?:works|working|worked) (?:now|again|fine|for me|great|perfectly|like a charm)|that (?:worked|did it|fixed|solved)|it works",
  "back (?:up|online|to normal)|no (?:longer|more) (?:fails?|errors?|broken)|fixed (?:it|in|with|by|now)|solved|closed pull|it worked|can \\w+ (?:\\w+ )?again|(?:works?|boots?|runs?|starts?|builds?) again",
  "ça (?:marche|remarche|fonctionne)|réparé|corrigé|résolu|terminé|retomb|rétabli|de retour",
  "behoben|gemergt|gelöst|repariert|(?:geht|gehen|läuft|laufen|funktioniert) (?:jetzt )?wieder|wieder (?:da|raus|online)|erledigt",
  "(?:ya )?(?:funciona|funcionó|arreglado|solucionado|resuelto|listo)",
);
const asks = words(
  "(?:does|do|can|could|would|has|is) (?:any(?:one|body)|some(?:one|body))|any(?:one|body) (?:know|want|willing|interested|able|have|fancy)",
  "quelqu['’]un|qui (?:peut|sait|veut|a)|personne pour|est-ce qu",
  "wei(?:ß|ss) (?:jemand|wer)|kann (?:jemand|wer|mir)|hat (?:jemand|wer)|wer (?:kann|gibt|hat|weiß|macht)",
  "alguien|sabe[ns]? (?:si|como|cómo)",
  "(?:we|i) (?:still |also |really )?need (?:some(?:one|body)|people|help|volunteers|testers|reviewers)|if (?:any|some)(?:one|body) (?:could|can|wants)|looking for (?:some(?:one|body)|people|help|volunteers)",
  "(?:how (?:do|can|to|would|should) (?:i|you|we|one)|what(?:'|’)?s the (?:best|right)|is there (?:a|any|some))",
);
/** What comes next, and what is missing for it: it answers nothing, even where somebody has asked something before. */
const announcements = words(
  "needs? (?:(?:\\p{N}+|another|some|an?|one|two|three|a few) )?(?:more )?(?:votes?|reviews?|reviewers?|acks?|approvals?|testers?|testing|volunteers?)(?!\\p{L})",
  "(?:the |our )?next (?:week|month|year|meeting|session|release|version)(?:(?:'|’)s)?(?: \\p{L}+){0,2} (?:is|are|will|takes?)\\b",
  "(?:le|la|notre) prochaine? \\p{L}+ (?:est|sera|aura)|die nächste \\p{L}+ (?:ist|wird|findet)|(?:la|el) próxim[ao] \\p{L}+ (?:es|será)",
);
const japanese: readonly (readonly [RegExp, PointKind])[] = [
  [/[?？]|でしょうか|ですか|ますか|どうします/u, "question"],
  [/(?:ておきます|ておく|てみます|ときます|考えてます|やります|予定です)[。\s]*$|方向で|担当/u, "action"],
  [/決定|決まり|ことにし|にしましょう|合意/u, "decision"],
  [/ので(?![すし])|から(?:です)?[。\s]*$|原因|ため(?:に)?[、。]|せいで/u, "cause"],
  [/直りました|解決|修正(?:済|しま)|復旧/u, "resolution"],
];

const months =
  "(?:january|february|march|april|june|july|august|september|october|november|december|may|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?)";

/** When something is due, in the words of the text. */
const due = words(
  `(?:by |before |until |on )?(?:the )?${months} \\p{N}{1,2}(?:st|nd|rd|th)?(?![\\p{N}:])`,
  `(?:by |before |until |on )?(?:the )?\\p{N}{1,2}(?:st|nd|rd|th)?(?: of)? ${months}(?!\\p{L})`,
  "(?:by |before |until |on |this |next )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: (?:morning|afternoon|evening|noon))?",
  "(?:by |before |until )?(?:today|tonight|tomorrow|next week|this week|end of (?:the )?(?:day|week|month))(?: (?:morning|afternoon|evening|noon))?|later today",
  "(?:d['’]ici |avant |jusqu['’]à )?(?:demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|ce soir|cet après-midi)(?: (?:matin|midi|soir|après-midi))?",
  "(?:bis |am |vor )?(?:morgen|heute|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|ende der woche|nächste woche)(?: (?:früh|mittag|abend))?",
  "(?:para |antes del? |el )?(?:mañana|lunes|martes|miércoles|jueves|viernes|sábado|domingo)",
);

/** The date or day by which something is to be done, as the text says it. */
export function dueIn(text: string): string | undefined {
  return due.exec(text)?.[0].trim();
}

const intentions = words(
  "i(?:(?:'|’)m| am)? (?:also |still |just |now )?(?:hope|hoping|plan|planning|need|intend|want|have|ought|about) to (?!know|see|say|ask|understand|be\\b|admit|agree|leave|go\\b|run\\b|get\\b|find|use|do\\b|install|have\\b)\\p{L}+",
  "i(?:(?:'|’)d| would) (?:also )?like to (?!know|see|say|note|mention|point|thank|remind|add that|ask|understand|be\\b|get\\b|find|use|install|have\\b)\\p{L}+",
  "on my (?:todo|to-do|list|plate|agenda)",
  "(?:je (?:compte|voudrais|dois|pense)|j['’]aimerais|il me reste à) \\p{L}+(?:er|ir|re)(?!\\p{L})",
  "ich (?:will|möchte|muss|plane|habe vor)(?: \\p{L}+)+(?:en|ern|eln)(?!\\p{L})",
  "(?:quiero|tengo que|pienso|me gustaría) \\p{L}+(?:ar|er|ir)(?!\\p{L})",
);

/** Whether its writer says what they mean to do: an action, unless they ask for help with it. */
export function isIntention(text: string): boolean {
  return intentions.test(text) && !isQuestion(text);
}

const fails = words(
  "(?:can(?:no|['’])?t|cannot|does ?n(?:o|['’])t|do ?n(?:o|['’])t|wo ?n['’]t|is ?n['’]t|not) (?:\\p{L}+ ){0,2}(?:boot|start|work|run|connect|find|see|load|mount|log|login|build|compile|open|get|access|install|show)",
  "(?:get|got|getting|gives?|see|seeing|throws?) (?:an? |the |this |some )?(?:\\p{L}+ )?(?:errors?|exceptions?|problems?|warnings?)",
  "(?:fails?|failed|failing|hangs|crash(?:es|ed)?|freezes|stuck|broken|unable to|no such|(?:problem|issue|trouble) with|have (?:a|an|some) (?:problem|issue|trouble))",
  "(?:ne (?:marche|fonctionne|démarre)|n['’]arrive pas|plante|en panne|erreur)",
  "(?:geht nicht|funktioniert nicht|startet nicht|fehler(?:meldung)?|klappt nicht|kann nicht|hängt|stürzt)",
  "(?:no (?:funciona|puedo|arranca|se puede|inicia)|error al|falla)",
);

const ownExperience = words(
  "(?:i|my|me|we|our|je|nous|mon|ma|ich|wir|mir|bei|yo|nos|mi)(?![\\p{L}\\p{N}])|j['’]|nuestr",
);

/** Whether a person says what does not work for them. */
export function isTrouble(text: string): boolean {
  return fails.test(text) && ownExperience.test(text);
}

/** Whether somebody wants to know something. */
export function isQuestion(text: string): boolean {
  return /[?？؟](?:\s|$|["»)\]:;])/u.test(text) || asks.test(text) && !/[.!]$/u.test(text.trim());
}

/** Whether a statement is a question by its own words. */
export function isAskedIn(text: string, language: Language): boolean {
  return language === "ja" ? kindOfText(text, language) === "question" : isQuestion(text);
}

/** What a statement is by its own words; an answer only shows by what it answers. */
export function kindOfText(text: string, language: Language): PointKind {
  if (language === "ja") return japanese.find(([pattern]) => pattern.test(text))?.[1] ?? "event";
  if (vote.test(text)) return "decision";
  if (isQuestion(text)) return "question";
  if (decisions.test(text) && !actions.test(text)) return "decision";
  if (actions.test(text)) return presence.test(text) ? "event" : "action";
  if (norms.test(text)) return "decision";
  if (resolutions.test(text)) return "resolution";
  return causes.test(text) ? "cause" : "event";
}

/** Whether a statement says what comes next. */
export function isAnnouncement(text: string): boolean {
  return announcements.test(text);
}

const proposals = words(
  "(?:should|shall|can|could|do) we|how about (?:we|if)|what if we|why (?:not|don['’]t we)|do you (?:agree|mind)|(?:is|are) (?:everybody|everyone|we) (?:ok|fine|happy)|any objections?",
  "on (?:ne )?\\p{L}+ .*\\?|(?:est-ce qu['’]on|faut-il|doit-on|peut-on) ",
  "(?:sollen|wollen|können|machen|nehmen) wir|einverstanden",
  "(?:vamos a|deberíamos|podemos) .*\\?|de acuerdo\\?",
);
const assents = words(
  "(?:yes|yep|yeah|yup|sure|ok|okay|agreed?|sounds (?:good|reasonable|fine)|fine (?:by|with) me|\\+1|works for me|makes sense|good idea)(?!\\p{L})",
  "(?:oui|d['’]accord|ok|ça marche|bonne idée|ja|einverstanden|gerne|passt|klingt gut|sí|vale|de acuerdo)(?!\\p{L})",
);

/** Whether a question that proposes something is answered by agreement to it. */
export function isAgreed(question: string, answer: string): boolean {
  const assent = assents.exec(answer);
  return assent !== null && assent.index < 3 && proposals.test(question);
}

const plans = words(
  "we (?:should|(?:need|ought) to|must) (?:\\p{L}+ly |just |then |now |instead |rather )?(?!see|know|ask|look)\\p{L}+",
  "(?:il faut|on (?:devrait|doit)|wir (?:sollten|müssen)|(?:deberíamos|tenemos que|hay que)) \\p{L}+",
);

/** Whether a statement says what "we" are to do; weighed like any other, since most of it comes to nothing. */
export function isPlan(text: string): boolean {
  return plans.test(text) && !isQuestion(text);
}

/** Whether a statement says what should be without saying that somebody decides it: in an answer that is advice. */
export function isNorm(text: string): boolean {
  return norms.test(text) && !decisions.test(text);
}
