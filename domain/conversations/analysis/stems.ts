/** Stems, so that "deploys" and "deployed" count as one. Porter (1980) for English, Snowball for other languages. */
import snowball from "snowball-stemmers";
import { stemmer as porter } from "stemmer";
import type { Language } from "./language.ts";

const snowballNames: Readonly<Record<string, string>> = {
  fr: "french",
  de: "german",
  es: "spanish",
  it: "italian",
  pt: "portuguese",
  nl: "dutch",
  sv: "swedish",
  da: "danish",
  no: "norwegian",
  fi: "finnish",
  hu: "hungarian",
  ro: "romanian",
  ru: "russian",
  tr: "turkish",
};

/** Snowball takes 30 µs a word, so stems are kept; a busy channel has about 10,000 different words. */
const capacity = 50_000;
const longest = 40;
type Stem = (word: string) => string;

function remembering(stem: Stem): Stem {
  const known = new Map<string, string>();
  return (word) => {
    let found = known.get(word);
    if (found === undefined) {
      found = stem(word);
      if (known.size >= capacity) known.clear();
      known.set(word, found);
    }
    return found;
  };
}

const stemmers = new Map<Language, Stem>();

function makeStemmer(language: Language): Stem {
  if (language === "en") return remembering(porter);
  const name = Object.hasOwn(snowballNames, language) ? snowballNames[language] : undefined;
  if (name === undefined) return (word) => word;
  const algorithm = snowball.newStemmer(name);
  return remembering((word) => algorithm.stem(word));
}

/** The stem of a word in lower case; the word itself in a language without a stemmer, or beyond 40 letters. */
export function stem(word: string, language: Language): string {
  if (word.length > longest) return word;
  let stemmer = stemmers.get(language);
  if (stemmer === undefined) {
    stemmer = makeStemmer(language);
    stemmers.set(language, stemmer);
  }
  return stemmer(word);
}
