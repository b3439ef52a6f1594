// The twin's own messages on Node: roster and binary frames with socket.io's `emit`, nothing else of the twin.
//
//     frames.mjs PORT        started by bench/servers.py
//
// Says what the fan-out itself costs when the message is the same: the same reports in, the same frame out (layout in
// twin/wire/frame.py), every 200 ms to everybody, as the library does it by default.

import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";

const TICK_MS = 200;
const METRICS_AND_AGE = 0b1001111;
const nodes = new Map(); // public id -> { row, report, at }
let changed = new Set();
let seq = 1;

const app = express();
app.use(express.json());
app.post("/api/cluster", (request, response) => {
  const report = request.body;
  const id = `${report.switch_ip}-${report.port}`;
  const node = nodes.get(id) ?? { row: nodes.size, id };
  nodes.set(id, Object.assign(node, { report, at: Date.now() }));
  changed.add(node);
  response.json({});
});
app.get("/api/healthcheck", (_request, response) => response.sendStatus(200));

function frame(kind, list) {
  const now = Date.now();
  const bytes = Buffer.alloc(30 + 8 * list.length);
  bytes.write("TF");
  bytes.set([1, kind], 2);
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(seq, 8);
  bytes.writeUInt32LE(kind === 0 ? 0 : seq - 1, 12);
  bytes.writeBigUInt64LE(BigInt(now), 16);
  bytes.writeUInt32LE(list.length, 24);
  bytes.writeUInt16LE(METRICS_AND_AGE, 28);
  const n = list.length;
  list.forEach(({ row, report, at }, i) => {
    bytes.writeUInt16LE(row, 30 + 2 * i);
    bytes[30 + 2 * n + i] = Math.round(2 * parseFloat(report.CPU));
    bytes[30 + 3 * n + i] = Math.round(2 * parseFloat(report.MemoryPercentage));
    bytes[30 + 4 * n + i] = Math.round(2 * parseFloat(report.DiskPercentage));
    bytes[30 + 5 * n + i] = Math.round(2 * parseFloat(report.CPUTemperature));
    bytes.writeUInt16LE(Math.min(65535, Math.floor((now - at) / 100)), 30 + 6 * n + 2 * i);
  });
  return bytes;
}

const http = createServer(app);
const viewers = new Server(http).of("/twin");
viewers.on("connection", (socket) => {
  const all = [...nodes.values()];
  socket.emit("roster", { row: all.map(({ row }) => row), id: all.map(({ id }) => id) });
  socket.emit("frame", frame(0, all));
});
setInterval(() => {
  seq++;
  viewers.emit("frame", frame(1, [...changed]));
  changed = new Set();
}, TICK_MS);

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
