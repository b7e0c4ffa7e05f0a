// The server, as functions. A failed request throws an ApiError whose message is meant for people.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const KEY = "inlay-token";
let askToken = async () => null;

/** How to ask for the token when the server wants one. */
export function onTokenNeeded(ask) { askToken = ask; }

/** Take the token from the address, where the command line put it behind a #, and clear it from there. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function send(method, path, { body, json, signal, keepalive } = {}, tries = 4) {
  const headers = {};
  const token = sessionStorage.getItem(KEY);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (body) headers["Content-Type"] = body.type || "application/octet-stream";
  let response;
  try {
    response = await fetch(`api/v1${path}`, { method, headers, body: json !== undefined ? JSON.stringify(json) : body, signal, keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 429 && tries > 0) {
    await wait(1000 * Number(response.headers.get("Retry-After") || 1));
    return send(method, path, { body, json, signal, keepalive }, tries - 1);
  }
  if (response.status === 401) {
    const answer = await askToken();
    if (answer) {
      sessionStorage.setItem(KEY, answer);
      return send(method, path, { body, json, signal, keepalive }, tries);
    }
  }
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail || `The server answered ${response.status}.`);
}

const answered = async (promise) => (await promise).json();

export const labels = () => answered(send("GET", "/labels"));
export const health = () => answered(send("GET", "/health"));
export const openPhoto = (body, signal) => answered(send("POST", "/session", { body, signal }));
export const photoAsPng = async (session) => (await send("GET", `/session/${session}/picture`)).blob();
export const drawHole = (session, body, query, signal) => answered(send("POST", `/session/${session}/hole${query}`, { body, signal }));
export const lay = (session, json) => answered(send("POST", `/session/${session}/layers`, { json }));
export const fill = (session, json, signal) => answered(send("POST", `/session/${session}/fill`, { json, signal }));
export const look = (session, json, signal) => answered(send("POST", `/session/${session}/attention`, { json, signal }));
export const findDamage = (session, json) => answered(send("POST", `/session/${session}/damage`, { json }));
export const followScratch = (session, json) => answered(send("POST", `/session/${session}/scratch`, { json }));
export const takeStyle = (session, body) => answered(send("POST", `/session/${session}/style`, { body }));
export const result = async (session, json) => (await send("POST", `/session/${session}/result`, { json })).blob();
export const closePhoto = (session) => send("DELETE", `/session/${session}`, { keepalive: true }).catch(() => {});

/** Server-sent events of a request, one object at a time. */
export async function* events(path, json, signal) {
  const response = await send("POST", path, { json, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const data = text.slice(0, end).split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      text = text.slice(end + 2);
      if (data) yield JSON.parse(data);
    }
  }
}
