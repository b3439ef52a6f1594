// express + JSON: the baseline of ingest. It keeps the last report of each node in memory and answers at once.
//
//     ingest.mjs PORT [FILE]        started by bench/servers.py
//
// With FILE each report is appended to it and on the disk (fdatasync) before the answer: the plain way to be durable.

import { openSync, fdatasync, write } from "node:fs";
import { createServer } from "node:http";
import { promisify } from "node:util";
import express from "express";

const [port, path] = process.argv.slice(2);
const file = path === undefined ? undefined : openSync(path, "a");
const append = promisify(write);
const flush = promisify(fdatasync);
const cluster = {};

const app = express();
app.use(express.json());
app.post("/api/cluster", async (request, response) => {
  const report = request.body;
  report.lastUpdated = Date.now();
  cluster[`${report.switch_ip}-${report.port}`] = report;
  if (file !== undefined) {
    await append(file, `${JSON.stringify(report)}\n`);
    await flush(file);
  }
  response.json({});
});
app.get("/api/healthcheck", (_request, response) => response.sendStatus(200));

createServer(app).listen({ port: Number(port), host: "127.0.0.1" });
