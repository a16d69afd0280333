// What is asked of the service, with the token where there is one. It is kept here alone.
let token = "";

class Problem extends Error {
  constructor(words, status = 0) {
    super(words);
    this.status = status;
  }
}

async function ask(path, { body, type, accept = "application/json", signal } = {}) {
  const headers = { Accept: accept };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (type) headers["Content-Type"] = type;
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers, body, signal,
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch (error) {
    if (signal?.aborted) throw new Problem("Stopped.");
    throw new Problem(
      "The service does not answer: it may have ended, or have refused to take so much. Ask whoever runs it.",
    );
  }
  if (answer.ok) return answer;
  throw new Problem(await describe(answer), answer.status);
}

// What the service says, and what to do about it.
async function describe(answer) {
  let said = "";
  try {
    said = String((await answer.json()).error ?? "");
  } catch {
    said = ""; // it is no JSON: a proxy in front of the service may have answered
  }
  const says = said ? ` The service says: ${said}` : "";
  switch (answer.status) {
    case 401: return "The service does not know this token.";
    case 413: return `This is more than the service takes at once. Divide it, or ask whoever runs the service.${says}`;
    case 415: return `The service does not read files of this kind.${says}`;
    case 422: case 400: case 404: return said || `The service cannot use this (${answer.status}).`;
    case 429: case 503: return `The service is busy or not ready. ${whenAgain(answer)}${says}`;
    default: return `The service failed (${answer.status}). Try again, or tell whoever runs it.${says}`;
  }
}

function whenAgain(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return seconds > 0 ? `Try again in ${counted(Math.ceil(seconds), "second")}.` : "Try again in a while.";
}
