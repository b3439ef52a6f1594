// The ingest API of today's system: takes reports over HTTP and passes them on every 500 ms as one `cluster.update`.
//
//     front.mjs PORT BROADCASTER_PORT        in front of plain.mjs; started by bench/servers.py

import { createServer } from "node:http";
import express from "express";
import { io } from "socket.io-client";

const BATCH_MS = 500;
const [port, broadcaster] = process.argv.slice(2).map(Number);
const feeder = io(`http://127.0.0.1:${broadcaster}`, { transports: ["websocket"] });
let batch = {};

const app = express();
app.use(express.json());
app.post("/api/cluster", (request, response) => {
  const report = request.body;
  report.lastUpdated = Date.now();
  report.status = "online";
  batch[`${report.switch_ip}-${report.port}`] = report;
  response.json({});
});
app.get("/api/healthcheck", (_request, response) => response.sendStatus(feeder.connected ? 200 : 503));

setInterval(() => {
  if (Object.keys(batch).length === 0) return;
  feeder.emit("cluster.update", batch);
  batch = {};
}, BATCH_MS);

createServer(app).listen({ port, host: "127.0.0.1" });
