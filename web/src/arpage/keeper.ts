// Owns the survey's way to and from the server: what is kept there, and storing what was found over exactly that. Throws
// SurveyError with words for a person. What earlier walks found of markers that this one has not seen goes along.

import { parseMarkers } from "../ar/markers";
import { SurveyError } from "../errors";
import type { Found, Survey } from "./survey";

const URL = "/model/markers/survey";
const MARKERS = "/model/markers.json";
const ANSWER_MS = 10_000;

/** As the server keeps it: the number of the last change, and each marker's place, as far as its marker is still printed. */
export interface KeptSurvey {
  readonly revision: number;
  readonly markers: readonly unknown[];
}

/** A place that markers.json does not take over is another print's or another cluster's: with it, no survey could be stored. */
export async function keptSurvey(fetching: typeof fetch = fetch): Promise<KeptSurvey> {
  const { revision, markers } = parsed(await asked(fetching, URL, { method: "GET" }));
  if (markers.length === 0) return { revision, markers };
  const printed = parseMarkers(await asked(fetching, MARKERS, { method: "GET" })).markers;
  const surveyed = new Set(printed.filter(({ places, designed }) => places !== designed).map(({ id }) => id));
  return { revision, markers: markers.filter((one) => surveyed.has(idOf(one))) };
}

/** Stores it unless somebody else has stored one since `before` was read. */
export async function storeSurvey(survey: Survey, before: KeptSurvey, token: string, fetching: typeof fetch = fetch): Promise<KeptSurvey> {
  const seen = new Set(survey.markers.map(({ id }) => id));
  const rest = before.markers.filter((one) => !seen.has(idOf(one)));
  const markers = [...survey.markers.map(wire), ...rest];
  const headers = { "Content-Type": "application/json", "If-Match": `"${before.revision}"`, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const body = JSON.stringify({ print: survey.print, views: survey.views, markers });
  return parsed(await asked(fetching, URL, { method: "PUT", headers, body }));
}

function wire({ id, position, rotation, deviation, views }: Found): object {
  return { id, position, rotation, deviation, views };
}

function idOf(marker: unknown): string {
  return (marker as { id?: string } | null)?.id ?? "";
}

async function asked(fetching: typeof fetch, url: string, request: RequestInit): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetching(url, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    throw new SurveyError("unreachable", "The server does not answer. Nothing is lost: store again when the network is back.", true);
  }
  if (answer.ok) return answer.json();
  if (answer.status === 412) throw new SurveyError("changed", "Another device has stored a survey meanwhile. Store again to put yours in its place; markers that only it has seen are kept.", true);
  if (answer.status === 401 || answer.status === 403) throw new SurveyError("token", "That is not the operator's token. It is in tokens.json in the server's data directory.", true);
  const said = ((await answer.json().catch(() => null)) as { error?: { message?: string } } | null)?.error?.message;
  throw new SurveyError("refused", said ? `The server refuses: ${said}` : `The server answers ${answer.status}.`, answer.status >= 500);
}

function parsed(value: unknown): KeptSurvey {
  const { revision, markers } = (value ?? {}) as { revision?: unknown; markers?: unknown };
  if (typeof revision !== "number" || !Array.isArray(markers)) throw new SurveyError("answer", "The server says something else than a survey. Is it an older version?");
  return { revision, markers };
}
