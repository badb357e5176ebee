/**
 * Words that carry no topic: function words, and what people say to keep a conversation going.
 *
 * French, German and the rest come from stopwords-iso (MIT). Its English list also holds "system", "test" and "page",
 * which are topics in a team's chat, so the English list is our own.
 */
import listsByLanguage from "stopwords-iso" with { type: "json" };

const english = `
a about above across after afterwards again against ago ah ain't all almost alone along already also although always
am among amongst an and another any anybody anyhow anymore anyone anything anyway anywhere apart apparently are aren't
around as aside ask asked asking at away back be became because become becomes been before beforehand behind being
below beside besides best better between beyond both but by came can can't cannot cause certain certainly clear clearly
come comes coming could couldn't definitely did didn't different do does doesn't doing don't done down due during each
either else elsewhere enough entirely especially etc even ever every everybody everyone everything everywhere exactly
example except fairly far few fine first for former forth from full further gave generally get gets getting give given
gives giving go goes going gone good got gotten great had hadn't half hardly has hasn't have haven't having he hence
her here hers herself him himself his hopefully how however i idea if in indeed instead into is isn't it its itself just
keep kept kind knew know known knows last lately later latter least less lest let lets like likely little ll look looked
looking looks lot lots made mainly make makes making many may maybe me mean means meant meanwhile merely might mine more
moreover most mostly much must mustn't my myself namely near nearly necessarily need needed needs neither never
nevertheless new next no nobody none nor not nothing now nowhere obviously of off often oh ok okay old on once one ones
only onto or other others otherwise ought our ours ourselves out over overall own particular particularly per perhaps
place please plus point possible possibly presumably pretty previously probably put quite rather re really reasonably
recent recently regarding regardless right said same saw say saying says second see seeing seem seemed seems seen sent
several shall she should shouldn't since so some somebody someday somehow someone something sometime sometimes somewhat
somewhere soon sorry sort still stuff such sure take taken takes taking tell than thank thanks that the their theirs
them themselves then thence there thereby therefore these they thing things think thinks this thoroughly those though
thought through throughout thus till to today together told tomorrow too took toward towards tried tries truly try
trying turn two under unfortunately unless unlike until up upon us use used useful uses using usually various ve very
via want wanted wants was wasn't way ways we well went were weren't what whatever when whenever where whereas wherever
whether which while who whoever whole whom whose why will with within without won't wonder would wouldn't yes yesterday
yet you your yours yourself yourselves able actually add allow allows appear away bit call called case cases consider
considering consists correct couple course currently decide described despite difference easily end exist explain fact
find found follow following follows gonna gotta guess guys happen happened happens hear heard help hope include
including indicate interested issue issues know leave long longer matter mention mentioned notice part people possible
problem problems provide provided question questions reason related result run seems set show similar simple simply
specific specify start started stop suggest suggested suggestions supposed talk talking thanks three four five six
seven eight nine ten time times understand want work working works wrong year years day days hour hours minute minutes
week weeks month months number different several big small high low large good bad nice easy hard
`;

const chat = `
aha aww bro btw bye cheers cool dude ehm erm fyi gee ha haha hahaha hehe hello hey hi hm hmm huh iirc imho imo lgtm lmao lol
mhm mm morning nah nope np omg oops ouch pls plz rofl sir tbh thx ty uh uhh um umm ugh welcome wow wtf ya yay yea yeah
yep yo yup congrats alright fwiw afaik ack nack dunno wanna kinda sorta ca wo n't nt isnt dont doesnt didnt cant wont
im ive id ill youre thats lets whats theres hes shes amp gt lt quot nbsp
bonjour bonsoir salut coucou merci svp stp ouais bah ben euh hein ok voila bref mdr ptdr bjr slt dac
hallo moin servus danke bitte tschüss gruß grüße mfg lg vg naja ach tja ähm äh jo nö jep genau super klasse
`;

/** With which people greet, thank and part; what follows in a short sentence is part of the formula. */
const formulas = `
hi hello hey greetings dear welcome thanks thank thx cheers bye goodbye congratulations congrats sorry morning
bonjour bonsoir salut coucou merci bienvenue cher chère chers félicitations désolé désolée bravo
hallo moin servus danke willkommen liebe lieber tschüss glückwunsch entschuldigung
`;
const longestFormula = 5;

/** When something happens is not what it is about, in any language. */
const days = `
yesterday today tonight tomorrow hier aujourd'hui aujourd demain matin soir midi gestern heute morgen abend mittag ayer hoy
mañana anoche ieri oggi domani ontem hoje amanhã gisteren vandaag igår idag imorgon 昨日 今日 明日 今天 昨天 明天
`;
/** Particles and auxiliaries of Japanese, which dictionaries cut in many ways. */
const kana = /^[\p{Script=Hiragana}ー]{1,3}$/u;

const lists = listsByLanguage as Record<string, string[]>;
const split = (text: string): string[] => text.trim().split(/\s+/u);
const fillers = new Set(split(chat));
const dayWords = new Set(split(days));
const formulaWords = new Set(split(formulas));
const englishWords = split(english);
const sets = new Map<string, ReadonlySet<string>>();

/** The function words of one language (ISO 639-1), in lower case; empty for a language without a list. */
export function functionWords(language: string): readonly string[] {
  return language === "en" ? englishWords : Object.hasOwn(lists, language) ? lists[language]! : [];
}

/** The languages (ISO 639-1) that have a list. */
export const listedLanguages: readonly string[] = Object.keys(lists);

/** All that is no topic in a language: its function words, and the fillers of chats in any language. */
export function stopWords(language: string): ReadonlySet<string> {
  let set = sets.get(language);
  if (set === undefined) {
    set = new Set([...functionWords(language), ...fillers]);
    sets.set(language, set);
  }
  return set;
}

const hesitation = /^(?:m+|h+m*|u+[hm]+|a+h+|o+h+|e+[hu]*m*|y+e+a+h*|(.)\1{2,})$/u;

/** Whether a word in lower case only keeps a conversation going ("lol", "merci", "moin", "hmmm"), in any language. */
export function isFiller(word: string): boolean {
  return fillers.has(word) || hesitation.test(word) || kana.test(word);
}

/** Greetings and thanks of several words, and those of scripts without spaces; other languages than the three as well. */
const greeting = new RegExp(
  `^(?:${
    [
      "gute[nr]? (?:morgen|tag|abend|nacht)|schön(?:en|es) (?:feierabend|wochenende|abend)|bis (?:morgen|später|dann)|vielen dank",
      "bon(?:ne)? (?:appétit|ap|journée|soirée|nuit|matin|week)|à (?:demain|plus|bientôt|tout à l)|je vous en prie",
      "buen(?:os|as) (?:días?|dias?|tardes?|noches?)|hola|gracias|muchas gracias|hasta (?:luego|mañana|pronto)|saludos",
      "buon ?(?:giorno|dì|pomeriggio)|buona ?(?:sera|notte|giornata)|ciao|grazie|salve|arrivederci",
      "bo[ma] (?:dia|tarde|noite)|olá|obrigad[oa]|até (?:logo|amanhã)",
      "goede(?:n|r)? ?(?:morgen|middag|avond|nacht|dag)|hoi|dank (?:je|u)|bedankt|tot (?:morgen|ziens)",
      "go[de]d? ?(?:morgon|morgen|morn|kväll|aften|kveld|natt|dag|eftermiddag)|hej|hei|tack|takk|tak|vi ses",
      "dzień dobry|dobry wieczór|cześć|dzięki|dziękuję|dobrý (?:den|večer)|ahoj|děkuji|hyvää (?:huomenta|päivää|iltaa)|kiitos|moi",
      "günaydın|merhaba|selam|teşekkür|bună (?:dimineața|ziua|seara)|mulțumesc|jó (?:reggelt|napot|estét)|szia|köszön",
      "привет|здравствуй|доброе утро|добрый (?:день|вечер)|спасибо|до свидания|привіт|дякую|καλημέρα|καλησπέρα|γεια|ευχαριστώ",
      "おはよう|こんにちは|こんばんは|お疲れ様|おつかれ|ありがとう|よろしく|お願いします|はじめまして",
      "大家(?:早上)?好|你们?好|您好|早上好|下午好|晚上好|早安|晚安|谢谢|謝謝|再见|안녕|감사|고마워|좋은 아침",
      "مرحب|السلام عليكم|صباح الخير|مساء الخير|شكر|أهلا|שלום|בוקר טוב|ערב טוב|תודה|سلام|สวัสดี|ขอบคุณ|नमस्ते|धन्यवाद|xin chào|cảm ơn",
    ].join("|")
  })`,
  "iu",
);
/** So many letters of a script without spaces are a greeting and whom it greets. */
const longestGreeting = 14;

/** Whether a word in lower case says when: "yesterday", "demain", "heute", "今日". */
export function isDay(word: string): boolean {
  return dayWords.has(word);
}

/** Whether the words of a sentence are a greeting or thanks: a formula and at most four words more. */
export function isFormula(words: readonly string[]): boolean {
  const spoken = words.slice(0, 2 * longestGreeting + 2).filter((word) => word !== "");
  if (spoken.length === 0 || spoken.length > longestGreeting) return false;
  if (spoken.length <= longestFormula && formulaWords.has(spoken[0]!.toLowerCase())) return true;
  const together = spoken.join("");
  if (spoken.length > longestFormula && together.length > longestGreeting) return false;
  return greeting.test(spoken.join(" ")) || together.length <= longestGreeting && greeting.test(together);
}
