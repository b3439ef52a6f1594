// Owns the link that puts the model into one's own room: Quick Look, on iPhones and iPads. Their browser opens it itself, without
// this page and its live values. Elsewhere it is not shown. Called by main.

import { FETCHING, roomFile } from "../models";
import { part } from "./dom";

/** Shows the link where the browser knows such links and the server has the file. */
export async function offerRoom(): Promise<void> {
  const link = part<HTMLAnchorElement>("view-room");
  if (!link.relList.supports("ar")) return;
  try {
    link.href = await roomFile(FETCHING);
    link.hidden = false;
  } catch {
    link.hidden = true; // no model: there is nothing to put anywhere, and the page says why where it draws plainly
  }
}
