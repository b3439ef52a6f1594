// The plain design on Node: a dictionary of full reports in memory, and socket.io's `emit` of what changed every 200 ms.
//
// Speaks the protocol of today's broadcaster (POST /api/cluster, cluster.all on connect, cluster.event). Everything of
// socket.io and express is at its default: websocket and polling, no permessage-deflate (the default of socket.io 4).
// One process takes the reports and serves the viewers; with front.mjs before it, it is the two steps of today's system.
//
//     plain.mjs PORT        started by bench/servers.py

import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";

const TICK_MS = 200;
const cluster = {};
let changed = {};

const app = express();
app.use(express.json());
app.post("/api/cluster", (request, response) => {
  const report = request.body;
  const id = `${report.switch_ip}-${report.port}`;
  report.lastUpdated = Date.now();
  report.status = "online";
  cluster[id] = report;
  changed[id] = report;
  response.json({});
});
app.get("/api/healthcheck", (_request, response) => response.sendStatus(200));

const http = createServer(app);
const io = new Server(http);
io.on("connection", (socket) => {
  socket.emit("cluster.all", cluster);
  socket.on("cluster.update", (reports) => {
    Object.assign(cluster, reports);
    Object.assign(changed, reports);
  });
});
setInterval(() => {
  if (Object.keys(changed).length === 0) return;
  io.emit("cluster.event", changed);
  changed = {};
}, TICK_MS);

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
