/**
 * Common verbs, adjectives, adverbs and vague nouns: they say something about a topic but seldom name one. They count in
 * sentences and inside phrases ("free software"), but do not make a good phrase alone. Chosen as the most common words of
 * each language, without looking at any data set; inflected forms are found by their stems.
 */
import type { Language } from "./language.ts";
import { stem } from "./stems.ts";

const listed: Readonly<Record<Language, string>> = {
  en: `
accept achieve act advise affect afford agree aim allow announce answer apply approach argue arrange arrive assume attempt
avoid base bear beat begin believe belong blame borrow break bring build burn buy calculate care carry catch change charge
check choose claim close collect combine compare complain complete concern confirm confuse contain continue contribute
convert convince copy cost cover create cut damage deal define deliver demand demonstrate depend derive describe deserve
design destroy determine develop disappear discover discuss divide doubt draw drink drive drop earn eat enable encourage
enjoy ensure enter establish estimate examine expand expect experience express extend face fail fall fear feel fight fill
finish fit fix fly focus force forget form gain gather grow handle hang hate hide hit hold hurt identify ignore imagine
imply improve increase influence inform insist install intend introduce involve join judge jump kill land laugh lay lead
lean learn lend lie lift limit link listen live lose love maintain manage mark match measure meet mind miss move obtain
occur offer open operate organise organize own pass pay perform permit pick plan play point possess pour prefer prepare
present press prevent proceed produce promise protect prove publish pull push raise reach react read realise realize
receive recognise recognize recommend record reduce refer reflect refuse regard relate release remain remember remove
repeat replace reply represent require respond rest return reveal review rise roll save search seek select sell separate
serve share shoot shout sit sleep solve sort sound speak spend spread stand state stay stick stretch strike struggle study
succeed suffer supply support suppose surprise switch teach tear tend test thank throw touch train travel treat update
visit vote wait walk warn wash watch wear win wish wonder worry write
acceptable accurate active actual additional alternative amazing ancient annoying apparent appropriate artificial average
aware awesome basic beautiful big bright brief broad busy careful cheap clean clever close cold common complete complex
complicated concrete confident constant correct crazy current curious daily dangerous dark dead decent deep difficult
direct dry due early efficient empty entire equal equivalent essential exact excellent expensive extra extreme fair
familiar famous fast favorite final fixed flat formal fortunate free frequent fresh friendly funny general glad great
happy hard heavy helpful high higher highest honest hot huge ideal immediate important impossible incorrect independent
individual initial instant interesting internal joint key large late lesser light live local long low lower main major
maximum medium mere minimum minor modern moderate multiple narrow natural necessary negative normal obvious odd old open
opposite ordinary original perfect permanent personal physical plain pleasant poor popular positive potential powerful
practical precise pretty previous primary prior private proper public pure quick quiet random rapid rare raw ready real
regular relative relevant reliable responsible rich rough round sad safe secondary secret separate serious severe sharp
short sick silly single slight slow smart smooth soft solid special stable standard strange strict strong stupid
successful sudden sufficient suitable tall technical terrible thick thin tight tiny total tough traditional true typical
ugly unable unique unknown unusual upper useless usual valid valuable various vast visible warm weak weird wet wide wild
wise wooden worth worse worst young
ability addition advantage advice aim alternative amount answer aspect assistance attempt attention background basis
behavior behaviour benefit choice circumstance combination comparison concept concern condition confusion consequence
context contrast degree detail difficulty direction discussion effect effort element entry equivalent error event evidence
exception experience explanation extent factor fashion feature field figure form format function goal guy habit half hint
impact impression influence information instance intention interest item job kind knowledge level lack length limit line
list loss majority manner mean means meaning method middle mistake moment name nature need notice number object occasion
opinion opportunity option order outcome pair paragraph part past pattern period person piece plan pleasure position
possibility practice presence principle process product progress property purpose quality quantity range rate reality
reference relation requirement rest risk role rule scene section sense sequence series shape side sign situation size
solution source stage statement step stuff style subject success suggestion sum summary surface surprise target task term
theme theory tip title top topic total trouble truth type use user usage value variety version view whole width wish word
world versus
`,
  fr: `
accepter accompagner accuser acheter affirmer agir aider aimer ajouter aller annoncer appeler apporter arriver arrêter
atteindre attendre augmenter avancer baisser battre causer changer chercher choisir commencer compter concerner conduire
confirmer connaître considérer continuer coûter créer croire déclarer décider découvrir décrire demander demeurer dépasser
déposer devenir diminuer donner écrire effectuer empêcher entendre entraîner entrer envoyer espérer essayer estimer éviter
expliquer finir former fournir gagner garder indiquer informer installer interdire jouer juger jeter laisser lancer lire
manger manquer marcher mener mettre monter montrer mourir naître obtenir occuper offrir oublier ouvrir parler participer
partir passer payer penser perdre permettre porter poser poursuivre pouvoir pratiquer préciser préférer prendre préparer
présenter prévenir prévoir produire proposer protéger provoquer publier quitter raconter rappeler recevoir reconnaître
refuser regarder rejoindre remettre remplacer rencontrer rentrer répondre représenter rester retrouver réussir revenir
savoir sembler sentir servir signaler signer situer sortir souhaiter suivre tenir tirer tomber toucher tourner travailler
trouver tuer utiliser venir vendre vivre voir voler vouloir
actuel ancien autre bas beau bon certain cher clair commun complet dernier différent difficile direct entier facile faible
final fort général grand gros haut important intéressant jeune large léger libre long lourd majeur mauvais meilleur même
moyen nécessaire nombreux normal nouveau particulier petit plein possible précédent premier présent principal prochain
propre récent rapide seul simple spécial total triste unique vieux vrai public officiel plusieurs
an année après-midi aspect base besoin bout but cas cause chose compte côté coup cours début degré demande détail effet
élément endroit ensemble exemple fait façon fin fois forme genre heure idée information intérêt jour journée lieu ligne
manière matin moment mois mot moyen niveau nom nombre occasion ordre origine part partie peine période personne place
plupart point problème question raison rapport reste résultat retour rôle semaine sens série situation soir soirée sorte
source suite sujet système temps terme titre tour type unité vue vigueur
alors aujourd'hui autour cependant désormais encore ensuite environ hier notamment parfois plutôt presque surtout tard
tôt toutefois
`,
  de: `
ändern anfangen ankommen annehmen ansehen antworten anzeigen arbeiten aufhören aufnehmen ausgehen aussehen bauen beachten
bedeuten beginnen behalten bekommen benutzen berichten beschreiben besitzen bestehen bestimmen betreffen bezahlen bieten
bilden bitten bleiben brauchen brechen brennen bringen danken dauern denken drücken dürfen einsetzen enthalten entscheiden
entsprechen entstehen entwickeln ergeben erhalten erinnern erkennen erklären erreichen erscheinen erstellen erwarten
erzählen essen fahren fallen fangen fehlen fertig finden folgen fordern fragen führen funktionieren geben gehören gelten
geschehen gewinnen glauben halten handeln hängen heben helfen hoffen holen hören interessieren kaufen kennen klappen
klingen können kosten kümmern lachen lassen laufen leben legen lernen lesen lieben liegen melden merken nehmen nennen
nutzen öffnen passen passieren probieren prüfen reden reichen rufen schaffen schauen scheinen schicken schlagen schließen
schreiben sehen setzen sitzen spielen sprechen stellen sterben stimmen suchen teilen tragen treffen treten verändern
verbinden vergessen vergleichen verlassen verlieren versprechen verstehen versuchen verwenden vorstellen wachsen wählen
warten wechseln werfen wirken wissen wohnen wünschen zahlen zeigen ziehen
aktuell allgemein alt bekannt bereit besser billig blöd breit dunkel dünn echt einfach einzeln eng falsch fest frei fremd
früh ganz genau gering gesamt gleich groß gut halb hart hell hoch jung kalt kaputt klar klein komisch komplett kurz lang
langsam laut leer leicht letzt möglich müde nah neu nächst normal notwendig nötig offen privat rein richtig ruhig schlecht
schlimm schnell schön schwach schwer schwierig sicher spät stark teuer tief toll typisch unterschiedlich verschieden voll
vorher wahr wahrscheinlich warm weit wenig wichtig zusätzlich
anfang anzahl art bereich beispiel ding ende fall form frage grund idee jahr leute mal meinung mensch mittag moment monat
morgen abend name nummer ort person platz problem punkt rahmen reihe rest sache seite sinn stelle stück stunde tag teil
thema typ uhr unterschied vergleich wahl weg weile weise welt wert woche wort zahl zeit ziel zustand
`,
};

const numbers =
  `eleven twelve thirteen fourteen fifteen sixteen eighteen twenty thirty forty fifty sixty seventy eighty
ninety hundred thousand million billion percent zero dozen monday tuesday wednesday thursday friday saturday sunday january
february march april june july august september october november december janvier février mars avril juin juillet août
septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche million milliard mille pour-cent
januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag millionen
milliarden prozent tausend hundert`;

const weakStems = new Map<Language, ReadonlySet<string>>();

/** Whether a stem of that language is one that seldom names a topic by itself. */
export function isWeak(stemmed: string, language: Language): boolean {
  let stems = weakStems.get(language);
  if (stems === undefined) {
    const words = `${Object.hasOwn(listed, language) ? listed[language] : ""} ${numbers}`.split(/\s+/u);
    stems = new Set(words.filter(Boolean).map((word) => stem(word, language)));
    weakStems.set(language, stems);
  }
  return stems.has(stemmed);
}

const adverbs = /[aeilrtcdns]ly$|(?:[ae]mment|ellement|ivement|iquement|alement|èrement)$/u;
const longerThanAnyNoun = 6;

/** Whether a word ends as adverbs do in English or French ("apparently", "récemment"); a few nouns do, too. */
export function isAdverb(word: string): boolean {
  return word.length >= longerThanAnyNoun && adverbs.test(word) &&
    !/(?:fami|assemb|anoma|butterf|monopo|rep|supp)ly$/u.test(word);
}
