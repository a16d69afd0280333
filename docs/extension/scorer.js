// Ranks what the search finds, and is part of each page that searches. Sphinx's own order knows
// only that a word is in a title; here it counts how many words of the question are, and guides
// come before lists of names.

var Scorer = {
  objNameMatch: 11, objPartialMatch: 6, objPrio: {0: 15, 1: 5, 2: -5}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,

  // Pages by their folder: the first that fits.
  rooms: [
    ["reference/api/", -25], ["reference/", 5], ["benchmarks/", -15], ["developers/", -15],
    ["how-to/index", 0], ["explained/index", -15], ["how-to/", 20], ["start/", 15], ["explained/", 15],
    ["explanations/", 12], ["generated/", 0],
  ],

  stems: text => {
    const stemmer = new Stemmer();
    return new Set(splitQuery(text.toLowerCase()).filter(word => !stopwords.has(word))
      .map(word => stemmer.stemWord(word)));
  },

  score: result => {
    const [page, title, anchor, description, score, file, kind] = result;
    const asked = Scorer.stems(new URLSearchParams(window.location.search).get("q") || "");
    const words = Scorer.stems(title);
    const both = [...asked].filter(word => words.has(word)).length;
    const [, room] = Scorer.rooms.find(([folder]) => page.startsWith(folder)) || ["", 0];
    // The name of a thing is asked for when it is all that is asked for.
    const named = kind === "object" && asked.size === 1 ? 20 : 0;
    const within = anchor && kind === "title" ? -5 : 0;
    return score + room + named + within
      + (asked.size ? 60 * both / asked.size : 0) + (words.size ? 20 * both / words.size : 0);
  },
};

{
  // Where few pages have all the words, those that lack one of them are shown as well.
  const ENOUGH = 5;
  const widen = () => {
    const find = Search.performTermsSearch;
    Search.performTermsSearch = (words, excluded) => {
      const found = find(words, excluded);
      if (found.length >= ENOUGH || words.size < 2) return found;
      const pages = new Set(found.map(result => result[0]));
      for (const left of words) {
        const fewer = new Set([...words].filter(word => word !== left));
        for (const result of find(fewer, excluded)) {
          if (pages.has(result[0])) continue;
          pages.add(result[0]);
          result[4] -= 10;
          found.push(result);
        }
      }
      return found;
    };
  };
  if (typeof Search === "undefined") document.addEventListener("DOMContentLoaded", widen);
  else widen();

  // A browser gives a page opened from a file no other file to read a summary from.
  if (window.location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
